# bash completion of guesttune; written by 'guesttune completion bash'

_guesttune() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local command="" word options="" commands="" vms="" i
    local -a sources=()
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        case "$word" in
            --inventory) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); sources+=("$word" "${COMP_WORDS[i+1]}"); ((i++)); continue ;;
            --connect|-c) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); sources+=("$word" "${COMP_WORDS[i+1]}"); ((i++)); continue ;;
            --controller) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); sources+=("$word" "${COMP_WORDS[i+1]}"); ((i++)); continue ;;
            --state) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --output|-o) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --timeout) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --parallel) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --label|-l) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --guest-halt-poll-ns) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --grow) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --shrink) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --grow-start) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --allow-shrink) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --force-driver) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --enabled) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --argument) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --remove) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --block) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --time-limit) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --recover) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --trial) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --operation-id) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --operation) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --reason) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --limit) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --root) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --halt-poll-ns) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --cpus) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --defrag) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --pages) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --mechanism) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --address) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --port) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --password-fd) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --count) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --assign) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --pin) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --auto) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --definition) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --bank) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --pcr) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --format) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --name) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --against) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --out) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --key) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --target) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --action) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --since) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --socket) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
            --group) [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)); continue ;;
        esac
        case "$command/$word" in
            "/vms") command="vms" ;;
            "/info") command="info" ;;
            "/status") command="status" ;;
            "/get") command="get" ;;
            "get/haltpoll") command="get haltpoll" ;;
            "get/pv-qspinlock") command="get pv-qspinlock" ;;
            "get/kernel-arguments") command="get kernel-arguments" ;;
            "get/qemu-ga") command="get qemu-ga" ;;
            "/plan") command="plan" ;;
            "plan/haltpoll") command="plan haltpoll" ;;
            "plan/pv-qspinlock") command="plan pv-qspinlock" ;;
            "plan/kernel-arguments") command="plan kernel-arguments" ;;
            "plan/qemu-ga") command="plan qemu-ga" ;;
            "/set") command="set" ;;
            "set/haltpoll") command="set haltpoll" ;;
            "set/pv-qspinlock") command="set pv-qspinlock" ;;
            "set/kernel-arguments") command="set kernel-arguments" ;;
            "set/qemu-ga") command="set qemu-ga" ;;
            "/undo") command="undo" ;;
            "/reboot") command="reboot" ;;
            "/history") command="history" ;;
            "/host") command="host" ;;
            "host/status") command="host status" ;;
            "host/get") command="host get" ;;
            "host get/halt-polling") command="host get halt-polling" ;;
            "host get/kworker-isolation") command="host get kworker-isolation" ;;
            "host get/transparent-hugepages") command="host get transparent-hugepages" ;;
            "host get/static-hugepages") command="host get static-hugepages" ;;
            "host get/vtpm-state") command="host get vtpm-state" ;;
            "host/plan") command="host plan" ;;
            "host plan/halt-polling") command="host plan halt-polling" ;;
            "host plan/kworker-isolation") command="host plan kworker-isolation" ;;
            "host plan/transparent-hugepages") command="host plan transparent-hugepages" ;;
            "host plan/static-hugepages") command="host plan static-hugepages" ;;
            "host/set") command="host set" ;;
            "host set/halt-polling") command="host set halt-polling" ;;
            "host set/kworker-isolation") command="host set kworker-isolation" ;;
            "host set/transparent-hugepages") command="host set transparent-hugepages" ;;
            "host set/static-hugepages") command="host set static-hugepages" ;;
            "host/libvirt-auth") command="host libvirt-auth" ;;
            "host libvirt-auth/status") command="host libvirt-auth status" ;;
            "host libvirt-auth/enable") command="host libvirt-auth enable" ;;
            "host libvirt-auth/disable") command="host libvirt-auth disable" ;;
            "host libvirt-auth/user") command="host libvirt-auth user" ;;
            "host libvirt-auth user/list") command="host libvirt-auth user list" ;;
            "host libvirt-auth user/add") command="host libvirt-auth user add" ;;
            "host libvirt-auth user/remove") command="host libvirt-auth user remove" ;;
            "host/undo") command="host undo" ;;
            "host/history") command="host history" ;;
            "/vm") command="vm" ;;
            "vm/status") command="vm status" ;;
            "vm/get") command="vm get" ;;
            "vm get/iothreads") command="vm get iothreads" ;;
            "vm/plan") command="vm plan" ;;
            "vm plan/iothreads") command="vm plan iothreads" ;;
            "vm/set") command="vm set" ;;
            "vm set/iothreads") command="vm set iothreads" ;;
            "vm/undo") command="vm undo" ;;
            "vm/history") command="vm history" ;;
            "vm/diff") command="vm diff" ;;
            "vm diff/iothreads") command="vm diff iothreads" ;;
            "/pcr") command="pcr" ;;
            "pcr/read") command="pcr read" ;;
            "pcr/quote") command="pcr quote" ;;
            "pcr/events") command="pcr events" ;;
            "pcr/baseline") command="pcr baseline" ;;
            "pcr baseline/save") command="pcr baseline save" ;;
            "pcr baseline/show") command="pcr baseline show" ;;
            "pcr baseline/remove") command="pcr baseline remove" ;;
            "pcr/check") command="pcr check" ;;
            "pcr/collect") command="pcr collect" ;;
            "pcr/verify") command="pcr verify" ;;
            "/audit") command="audit" ;;
            "/ping") command="ping" ;;
            "/serve") command="serve" ;;
            "/completion") command="completion" ;;
            "completion/bash") command="completion bash" ;;
            "completion/zsh") command="completion zsh" ;;
        esac
    done
    case "$previous" in
        --inventory) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --connect|-c) return ;;
        --controller) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --state) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --output|-o) COMPREPLY=($(compgen -W "json table" -- "$current")); return ;;
        --timeout) return ;;
        --parallel) return ;;
        --label|-l) return ;;
        --guest-halt-poll-ns) return ;;
        --grow) return ;;
        --shrink) return ;;
        --grow-start) return ;;
        --allow-shrink) COMPREPLY=($(compgen -W "false true" -- "$current")); return ;;
        --force-driver) COMPREPLY=($(compgen -W "false true" -- "$current")); return ;;
        --enabled) COMPREPLY=($(compgen -W "false true" -- "$current")); return ;;
        --argument) return ;;
        --remove) return ;;
        --block) return ;;
        --time-limit) return ;;
        --recover) COMPREPLY=($(compgen -W "always auto never" -- "$current")); return ;;
        --trial) COMPREPLY=($(compgen -W "auto off required" -- "$current")); return ;;
        --operation-id) return ;;
        --operation) return ;;
        --reason) return ;;
        --limit) return ;;
        --root) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --halt-poll-ns) return ;;
        --cpus) return ;;
        --defrag) COMPREPLY=($(compgen -W "always defer defer+madvise madvise never" -- "$current")); return ;;
        --pages) return ;;
        --mechanism) COMPREPLY=($(compgen -W "digest-md5 scram-sha-256" -- "$current")); return ;;
        --address) return ;;
        --port) return ;;
        --password-fd) return ;;
        --count) return ;;
        --assign) return ;;
        --pin) return ;;
        --auto) COMPREPLY=($(compgen -W "false true" -- "$current")); return ;;
        --definition) return ;;
        --bank) COMPREPLY=($(compgen -W "sha1 sha256 sha384 sha3_256 sha3_384 sha3_512 sha512 sm3_256" -- "$current")); return ;;
        --pcr) return ;;
        --format) COMPREPLY=($(compgen -W "tpm2" -- "$current")); return ;;
        --name) return ;;
        --against) return ;;
        --out) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --key) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --target) return ;;
        --action) return ;;
        --since) return ;;
        --socket) COMPREPLY=($(compgen -f -- "$current")); return ;;
        --group) return ;;
    esac
    case "$command" in
        "") commands="vms info status get plan set undo reboot history host vm pcr audit ping serve completion"; options="--help -h /h /? --version --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "vms") commands=""; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "info") commands=""; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "status") commands=""; options="--all --label -l --explain --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "get") commands="haltpoll pv-qspinlock kernel-arguments qemu-ga"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "get haltpoll") commands=""; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "get pv-qspinlock") commands=""; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "get kernel-arguments") commands=""; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "get qemu-ga") commands=""; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "plan") commands="haltpoll pv-qspinlock kernel-arguments qemu-ga"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "plan haltpoll") commands=""; options="--all --label -l --guest-halt-poll-ns --grow --shrink --grow-start --allow-shrink --force-driver --persist --force --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "plan pv-qspinlock") commands=""; options="--all --label -l --enabled --force --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "plan kernel-arguments") commands=""; options="--all --label -l --argument --remove --force --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "plan qemu-ga") commands=""; options="--all --label -l --block --force --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "set") commands="haltpoll pv-qspinlock kernel-arguments qemu-ga"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "set haltpoll") commands=""; options="--all --label -l --guest-halt-poll-ns --grow --shrink --grow-start --allow-shrink --force-driver --persist --force --dry-run --reboot --time-limit --recover --trial --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "set pv-qspinlock") commands=""; options="--all --label -l --enabled --force --dry-run --reboot --time-limit --recover --trial --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "set kernel-arguments") commands=""; options="--all --label -l --argument --remove --force --dry-run --reboot --time-limit --recover --trial --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "set qemu-ga") commands=""; options="--all --label -l --block --force --dry-run --reboot --time-limit --recover --trial --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "undo") commands=""; options="--all --label -l --operation --force --reboot --time-limit --recover --trial --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "reboot") commands=""; options="--all --label -l --time-limit --recover --trial --reason --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "history") commands=""; options="--all --label -l --limit --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "host") commands="status get plan set libvirt-auth undo history"; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host status") commands=""; options="--explain --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host get") commands="halt-polling kworker-isolation transparent-hugepages static-hugepages vtpm-state"; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host get halt-polling") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host get kworker-isolation") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host get transparent-hugepages") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host get static-hugepages") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host get vtpm-state") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host plan") commands="halt-polling kworker-isolation transparent-hugepages static-hugepages"; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host plan halt-polling") commands=""; options="--halt-poll-ns --grow --grow-start --shrink --persist --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host plan kworker-isolation") commands=""; options="--cpus --persist --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host plan transparent-hugepages") commands=""; options="--enabled --defrag --persist --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host plan static-hugepages") commands=""; options="--pages --persist --force --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host set") commands="halt-polling kworker-isolation transparent-hugepages static-hugepages"; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host set halt-polling") commands=""; options="--halt-poll-ns --grow --grow-start --shrink --persist --dry-run --operation-id --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host set kworker-isolation") commands=""; options="--cpus --persist --dry-run --operation-id --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host set transparent-hugepages") commands=""; options="--enabled --defrag --persist --dry-run --operation-id --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host set static-hugepages") commands=""; options="--pages --persist --force --dry-run --operation-id --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth") commands="status enable disable user"; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth status") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth enable") commands=""; options="--dry-run --operation-id --mechanism --address --port --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth disable") commands=""; options="--dry-run --operation-id --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth user") commands="list add remove"; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth user list") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth user add") commands=""; options="--replace --password-fd --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host libvirt-auth user remove") commands=""; options="--root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host undo") commands=""; options="--operation --force --operation-id --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "host history") commands=""; options="--limit --root --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "vm") commands="status get plan set undo history diff"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "vm status") commands=""; options="--all --label -l --explain --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "vm get") commands="iothreads"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "vm get iothreads") commands=""; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "vm plan") commands="iothreads"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "vm plan iothreads") commands=""; options="--all --label -l --count --assign --pin --auto --force --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "vm set") commands="iothreads"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "vm set iothreads") commands=""; options="--all --label -l --count --assign --pin --auto --force --dry-run --definition --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "vm undo") commands=""; options="--all --label -l --operation --force --operation-id --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "vm history") commands=""; options="--all --label -l --limit --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "vm diff") commands="iothreads"; options="--all --label -l --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "vm diff iothreads") commands=""; options="--all --label -l --count --assign --pin --auto --force --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "pcr") commands="read quote events baseline check collect verify"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "pcr read") commands=""; options="--all --label -l --bank --pcr --format --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "pcr quote") commands=""; options="--all --label -l --bank --pcr --enroll --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "pcr events") commands=""; options="--all --label -l --bank --pcr --enroll --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "pcr baseline") commands="save show remove"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "pcr baseline save") commands=""; options="--all --label -l --bank --pcr --name --replace --unproven --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "pcr baseline show") commands=""; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "pcr baseline remove") commands=""; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "pcr check") commands=""; options="--all --label -l --pcr --against --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "pcr collect") commands=""; options="--all --label -l --bank --pcr --out --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "pcr verify") commands=""; options="--key --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "audit") commands=""; options="--target --action --since --limit --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "ping") commands=""; options="--all --label -l --count --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel"; vms=yes ;;
        "serve") commands=""; options="--socket --group --help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "completion") commands="bash zsh"; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "completion bash") commands=""; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
        "completion zsh") commands=""; options="--help -h /h /? --inventory --connect -c --controller --no-daemon --state --output -o --no-color --timeout --parallel" ;;
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ -n $commands ]]; then
        COMPREPLY=($(compgen -W "$commands" -- "$current"))
    elif [[ -n $vms ]]; then
        local name
        while IFS= read -r name; do
            [[ $name == "$current"* ]] && COMPREPLY+=("$(printf %q "$name")")
        done < <("${COMP_WORDS[0]}" complete-vms "${sources[@]}" 2>/dev/null)
    fi
}

complete -F _guesttune guesttune
