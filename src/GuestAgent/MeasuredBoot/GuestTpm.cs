using System.Globalization;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>The guest's TPM: finds it, says what is wrong with it, and lets one caller at a time talk to it.</summary>
internal sealed class GuestTpm(RootedFileSystem files, ITpmDevices devices) : IDisposable
{
    private const string Name = "tpm";
    private const int NotPermitted = 1; // EPERM
    private const int NoEntry = 2; // ENOENT
    private const int AccessDenied = 13; // EACCES
    private const int Busy = 16; // EBUSY

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Looks at sysfs alone.</summary>
    public TpmPresence Look()
    {
        var numbers = files.ListNames(TpmPresence.Class, string.Empty)
            .Where(static n => n.StartsWith(Name, StringComparison.Ordinal))
            .Select(static n => int.TryParse(n.AsSpan(Name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .Where(static n => n >= 0)
            .ToArray();
        if (numbers.Length == 0)
        {
            return new TpmPresence(null, WhyNone());
        }

        var presence = new TpmPresence(numbers.Min(), null);
        return IsOld(presence) ? new TpmPresence(null, Old("")) : presence;
    }

    /// <summary>Talks to the TPM itself.</summary>
    /// <exception cref="PracticeException">It cannot be used; the message says why and what to do.</exception>
    public async Task<T> AskAsync<T>(Func<TpmClient, string, T> ask, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var presence = Look();
            if (presence.Problem is { } problem)
            {
                throw PracticeException.Precondition(problem);
            }

            var (connection, path) = Open(presence);
            using (connection)
            {
                return ask(new TpmClient(connection), path);
            }
        }
        catch (FileProblemException e)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, Explain(e), e);
        }
        catch (TpmException e)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, Explain(e), e);
        }
        catch (Exception e) when (e is IOException or TpmFormatException)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, e.Message, e);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private (ITpmConnection Connection, string Path) Open(TpmPresence presence)
    {
        try
        {
            return (devices.Open(presence.ManagedDevice), presence.ManagedDevice);
        }
        catch (FileProblemException e) when (e.ErrorNumber == NoEntry)
        {
            return (devices.Open(presence.RawDevice), presence.RawDevice);
        }
    }

    /// <summary>The attribute came with Linux 5.6; before, only a TPM 1.2 had the one called caps.</summary>
    private bool IsOld(TpmPresence presence) => files.ReadText($"{presence.Folder}/tpm_version_major").Value is { } major
        ? string.Equals(major, "1", StringComparison.Ordinal)
        : files.FileExists($"{presence.Folder}/caps") || files.FileExists($"{presence.Folder}/device/caps");

    /// <summary>The firmware's tables name a TPM also where the kernel has no driver for it.</summary>
    private string WhyNone() =>
        files.FileExists("/sys/firmware/acpi/tables/TPM2") ? "the firmware has a TPM 2.0, and this kernel no driver for it: load tpm_crb or tpm_tis (CONFIG_TCG_CRB, CONFIG_TCG_TIS)"
        : files.FileExists("/sys/firmware/acpi/tables/TCPA") ? Old(", and no driver")
        : "this guest has no TPM: give its domain <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>, and power-cycle it";

    private static string Old(string more) =>
        $"this guest has a TPM 1.2{more}; only TPM 2.0 is supported: give its domain <backend type='emulator' version='2.0'/> within <tpm>, and power-cycle it";

    private static string Explain(FileProblemException problem) => problem.ErrorNumber switch
    {
        NoEntry => $"the kernel knows a TPM, and there is no device for it ({problem.Message}): is /dev a devtmpfs?",
        AccessDenied or NotPermitted => $"{problem.Message}: the agent must run as root, and its unit needs DeviceAllow=char-tpm rw and CAP_DAC_OVERRIDE",
        Busy => $"{problem.Message}: another program has the TPM for itself; stop it, or let both use /dev/tpmrm0",
        _ => problem.Message,
    };

    private static string Explain(TpmException refusal) => refusal.Code switch
    {
        { IsNotOperational: true } => $"{refusal.Message}: the TPM has failed or was not started; power-cycle the guest",
        { IsWrongAuthorization: true } => $"{refusal.Message}: somebody gave the TPM's endorsement hierarchy a password, and attestation needs it without one",
        _ => refusal.Message,
    };
}
