using System.Globalization;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.HostPractices;

/// <summary>
/// Who on the host may read or change what swtpm keeps: the state of each VM's TPM, with its seeds, and the CA that certifies their keys.
/// Only looked at: what is wrong is named with the command that mends it.
/// </summary>
internal sealed class VtpmStatePractice(RootedFileSystem files) : IPractice
{
    public const string PracticeId = "vtpm-state";

    private const string Authority = "/var/lib/swtpm-localca";
    private const string States = "/var/lib/libvirt/swtpm";
    private const string LibvirtConfiguration = "/etc/libvirt/qemu.conf";

    /// <summary>swtpm_user where qemu.conf does not say another.</summary>
    private const string UsualUser = "tss";
    private const int MostVms = 16 * 1024;

    private const uint OthersAnythingGroupWrite = 0x17; // 0027
    private const uint OthersAndGroupWrite = 0x12; // 0022

    public string Id => PracticeId;

    public PracticeSupport CheckSupport() => files.DirectoryExists(Authority) || files.DirectoryExists(States)
        ? new PracticeSupport(Id, true, null)
        : new PracticeSupport(Id, false, $"no TPM of a VM has been set up here: there is neither {Authority} nor {States}");

    public Observation Observe(IReadOnlyList<OwnedValue> owned)
    {
        if (CheckSupport() is { Supported: false } support)
        {
            return new Observation(Id, Verdict.NotApplicable, support.Reason!, []);
        }

        var user = FindUser();
        var facts = new List<Fact> { new("swtpm_user", Scope.Context, user.Name, LibvirtConfiguration) };
        LookAtAuthority(user, facts);
        LookAtStates(user, facts);
        var findings = facts.Where(static f => f.Problem is not null).ToArray();
        return findings is [var first, ..]
            ? new Observation(Id, Verdict.Failed, $"{first.Source}: {first.Problem}{(findings.Length > 1 ? $"; and {findings.Length - 1} more" : string.Empty)}", facts)
            : Environment.IsPrivilegedProcess || !files.IsSystemRoot
                ? new Observation(Id, Verdict.Effective, $"only root and {user.Name} may read and change TPMs of VMs and the keys of their CA", facts)
                : new Observation(Id, Verdict.Configured, "what is inside of the directories is only shown to root", facts);
    }

    public Plan Plan(Desired desired) => throw PracticeException.Precondition($"'{Id}' is only looked at; 'guesttune host get {Id}' has the commands that mend what is wrong");

    public IKnob OpenKnob(Change change) => throw PracticeException.Precondition($"'{Id}' has nothing that can be changed");

    private void LookAtAuthority((string Name, uint? Id) user, List<Fact> facts)
    {
        const string Key = "anybody who may read it can certify TPMs as this host's CA";
        Look(Authority, OthersAnythingGroupWrite, "0750", "the CA's keys can be taken or replaced by others: the guide's 'chmod -R 777' is never needed, only its owner has to be right", user, facts);
        foreach (var name in files.ListNames(Authority, string.Empty))
        {
            var isKey = name.EndsWith("key.pem", StringComparison.Ordinal);
            Look($"{Authority}/{name}", isKey ? OthersAnythingGroupWrite : OthersAndGroupWrite, isKey ? "0640" : "0644", isKey ? Key : "others may change it", user, facts);
        }
    }

    private void LookAtStates((string Name, uint? Id) user, List<Fact> facts)
    {
        Look(States, OthersAndGroupWrite, "0711", "others may put another TPM in the place of a VM's", user, facts);
        foreach (var vm in files.ListNames(States, string.Empty, MostVms))
        {
            Look($"{States}/{vm}", OthersAndGroupWrite, "0711", "others may put another TPM in the place of this VM's", user, facts);
            foreach (var version in files.ListNames($"{States}/{vm}", string.Empty).Where(static n => n is "tpm2" or "tpm1.2"))
            {
                var folder = $"{States}/{vm}/{version}";
                Look(folder, OthersAnythingGroupWrite, "0700", "others may copy this VM's TPM, its seeds included", user, facts);
                foreach (var name in files.ListNames(folder, string.Empty))
                {
                    Look($"{folder}/{name}", OthersAnythingGroupWrite, "0600", "others may copy this VM's TPM, its seeds included", user, facts);
                }
            }
        }
    }

    /// <param name="tooMuch">Bits of the mode that must not be there.</param>
    /// <param name="right">The mode that mends it.</param>
    private void Look(string path, uint tooMuch, string right, string harm, (string Name, uint? Id) user, List<Fact> facts)
    {
        if (files.ReadRights(path) is not { } rights)
        {
            return;
        }

        var mode = Convert.ToString(rights.Permissions, 8).PadLeft(4, '0');
        var problem = rights.IsSymbolicLink ? "it is a link: what it leads to is not looked at"
            : (rights.Permissions & tooMuch) != 0 ? $"mode {mode}: {harm} (chmod {right} {path})"
            : rights.User != 0 && rights.User != user.Id ? $"it belongs to user {rights.User}, and neither to root nor to {user.Name} (chown {user.Name}: {path})"
            : path == Authority && rights.User != user.Id && user.Id is not null ? $"swtpm runs as {user.Name} and cannot write here: no TPM gets a certificate (chown -R {user.Name}: {path})"
            : null;
        facts.Add(new Fact(Path.GetFileName(path), Scope.InForce, $"{mode} {rights.User}:{rights.Group}", path, problem));
    }

    /// <summary>The user that libvirt runs swtpm as; its number is null where this host has no such user.</summary>
    private (string Name, uint? Id) FindUser()
    {
        var line = files.ReadText(LibvirtConfiguration).Text?.Split('\n').LastOrDefault(static l => l.Split('=')[0].Trim() == "swtpm_user");
        var name = line is null ? UsualUser : line[(line.IndexOf('=') + 1)..].Trim().Trim('"');
        if (uint.TryParse(name.TrimStart('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return (name, number);
        }

        var account = files.ReadText("/etc/passwd", maximumBytes: 1024 * 1024).Text?.Split('\n').Select(static l => l.Split(':')).FirstOrDefault(f => f.Length > 2 && f[0] == name);
        return (name, account is not null && uint.TryParse(account[2], NumberStyles.None, CultureInfo.InvariantCulture, out number) ? number : null);
    }
}
