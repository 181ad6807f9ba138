# Sourced by ./demo --libvirt, which runs it in namespaces of its own: /etc/libvirt and its kin are the demo's folders there, and all processes
# end with the script.
# shellcheck shell=bash disable=SC2154

libvirt_packages=(libvirt-daemon-system libvirt-clients libvirt0 swtpm swtpm-tools)

# Runs demo_libvirt in namespaces, which end with it.
enter_libvirt() {
    local images kernel initramfs
    images=$("$testvm" build)
    kernel=$(sed -n 's/^kernel *//p' <<<"$images" | tail -n 1)
    initramfs=$(sed -n 's/^initramfs *\(.*\) (.*/\1/p' <<<"$images" | tail -n 1)
    mkdir "$folder"
    trap 'rm -rf "$folder"' EXIT
    unshare --mount --pid --fork --mount-proc --kill-child ./demo --in-namespaces "$cli" "$kernel" "$initramfs"
}

demo_libvirt() {
    cli=$1 kernel=$2 initramfs=$3
    export GUESTTUNE_STATE=$folder/controller
    trap put_host_back EXIT
    trap 'exit 130' INT TERM
    start_libvirtd
    define_vm
    tour_libvirt
    say "Done; libvirtd and its VM are gone."
}

# What a step that failed has left in the host's kernel, which no namespace keeps apart.
put_host_back() {
    virsh --quiet destroy vm1 >/dev/null 2>&1 || true
    local _
    for _ in 1 2 3; do guesttune host undo >/dev/null 2>&1 || break; done
}

# In namespaces: a libvirtd that shares nothing with the machine's but its kernel.
start_libvirtd() {
    local pair
    for pair in etc:/etc lib:/var/lib cache:/var/cache log:/var/log run:/run; do
        mkdir -p "$folder/${pair%%:*}" "${pair#*:}/libvirt"
        mount --bind "$folder/${pair%%:*}" "${pair#*:}/libvirt"
    done
    mkdir -p "$folder/hugepages" "$folder/lock" /run/lock
    mount --bind "$folder/lock" "$(realpath /var/lock)"
    mkdir -m 0750 "$folder/swtpm-localca"
    mkdir -p /var/lib/swtpm-localca
    mount --bind "$folder/swtpm-localca" /var/lib/swtpm-localca
    mount -t hugetlbfs -o pagesize=2M hugetlbfs "$folder/hugepages"
    cat >/etc/libvirt/qemu.conf <<TEXT
stdio_handler = "file"
user = "root"
group = "root"
swtpm_user = "root"
swtpm_group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
hugetlbfs_mount = "$folder/hugepages"
TEXT
    libvirtd --pid-file "$folder/libvirtd.pid" </dev/null >"$folder/libvirtd.log" 2>&1 &
    local tries
    for tries in {1..60}; do
        virsh --quiet uri >/dev/null 2>&1 && return
        sleep 1
    done
    fail "libvirtd did not start within ${tries} s: $(tail -n 5 "$folder/libvirtd.log")"
}

# A VM as an administrator may have it: one disk, no IOThread, no TPM, no port for the agent.
define_vm() {
    truncate -s 64M "$folder/disk.raw"
    cat >"$folder/vm1.xml" <<TEXT
<domain type='qemu'>
  <name>vm1</name>
  <memory unit='MiB'>512</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>$kernel</kernel>
    <initrd>$initramfs</initrd>
    <cmdline>console=ttyS0 quiet panic=-1</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'><feature policy='disable' name='cx16'/></cpu>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none' io='native'/>
      <source file='$folder/disk.raw'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <controller type='virtio-serial' index='0'/>
    <serial type='pty'/>
    <memballoon model='none'/>
  </devices>
</domain>
TEXT
    virsh --quiet define --validate "$folder/vm1.xml"
    virsh dumpxml --inactive vm1 >"$folder/before.xml"
    virsh --quiet start vm1
}

is_as_before() {
    virsh dumpxml --inactive vm1 | diff "$folder/before.xml" - && echo "yes, byte for byte"
}

power_cycle() {
    virsh --quiet destroy vm1
    virsh --quiet start vm1
}

wait_for_agent() {
    local tries
    for tries in {1..120}; do
        guesttune ping vm1 >/dev/null 2>&1 && return
        sleep 1
    done
    fail "the agent in vm1 gave no answer within $tries s: $(guesttune ping vm1 2>&1)"
}

# What QEMU was started with, asked without GuestTune or libvirt.
qemu_was_given() {
    tr '\0' '\n' <"/proc/$(cat /run/libvirt/qemu/vm1.pid)/cmdline" | grep -E -- "$1" || echo "(nothing that matches $1)"
}

# A step that has to be refused.
show_refusal() {
    printf '$ %s\n' "$*"
    if "$@"; then fail "the step '$*' was not refused."; fi
}

tour_libvirt() {
    say "Below, 'guesttune' stands for: $cli. libvirtd is this script's own, with one VM"
    show virsh list --all

    say "The whole guide, held against this host, this domain and its guest, for a host whose vCPUs have processors of their own"
    printf '$ %s\n' "guesttune check --no-guests --intent dedicated"
    guesttune check --no-guests --intent dedicated || echo "(exit status $?: not everything is as it should be)"

    say "IOThreads. What would change, when it would count, and how the XML would differ; nothing is written yet"
    show guesttune vm plan iothreads vm1 --auto true
    show guesttune vm set iothreads vm1 --auto true
    say "The thread is there already, asked of libvirt; the disk is served by it from the next power cycle on"
    show virsh iothreadinfo vm1

    say "The port of the agent can be had at once: the VM has a virtio-serial controller"
    show guesttune vm set agent-channel vm1 --enabled true
    say "Its guest has found the port, and answers through it"
    wait_for_agent
    show guesttune ping vm1

    say "A TPM and huge pages count from the next power cycle on. The pool first: libvirt would define what cannot start"
    show_refusal guesttune vm set static-hugepages vm1 --size 2M
    show guesttune host set static-hugepages --pages 2M=256
    show guesttune vm set static-hugepages vm1 --size 2M
    show guesttune vm set vtpm vm1 --enabled true
    say "What runs against what is defined"
    show guesttune vm diff vm1
    say "The power cycle, and the proof: by QEMU's arguments, and by the guest"
    show power_cycle
    wait_for_agent
    show guesttune vm status vm1 --explain
    show qemu_was_given 'iothread|memory-backend|tpm'
    show guesttune pcr read vm1 --bank sha256 --pcr 0-7

    say "What must not be done is refused, with the reason: a file as a SCSI disk, the hint of dedicated processors for a CPU that cannot have it, processors that this host has not"
    show_refusal guesttune vm set raw-device vm1 --disk sda --device "$folder/disk.raw" --mode physical
    show_refusal guesttune vm set dedicated-hint vm1 --enabled true --poll-control true
    show_refusal guesttune host set kworker-isolation --cpus 4096-4097

    say "The host's own knobs: read, changed, read back, and put back"
    show guesttune host status
    show guesttune host set transparent-hugepages --enabled never
    show cat /sys/kernel/mm/transparent_hugepage/enabled
    show guesttune host undo

    say "Who may use this libvirt from afar?"
    show guesttune host libvirt-auth status

    say "Everything undone, newest first"
    show guesttune vm history vm1
    local _
    for _ in 1 2 3 4; do show guesttune vm undo vm1; done
    show power_cycle
    show guesttune host undo
    say "Is the definition what libvirt had before?"
    show is_as_before
}
