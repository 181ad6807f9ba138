namespace GuestTune.Controller.QemuGa;

/// <summary>Asks a VM's qemu-ga from the host: a seam, since there are two ways to it.</summary>
internal interface IQemuGaClient
{
    /// <exception cref="QemuGaException">It could not be asked, or gave no answer.</exception>
    Task<GuestInfo> AskInfoAsync(QemuGaAddress address, CancellationToken cancellationToken);
}
