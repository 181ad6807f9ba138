namespace GuestTune.Controller.Inventory;

/// <summary>A place that knows VMs; asked anew for every call, because VMs come and go.</summary>
internal interface IVmSource
{
    /// <summary>How warnings and errors call it.</summary>
    string Name { get; }

    /// <exception cref="VmSourceException">It could not be asked; the message says why and what to do.</exception>
    ValueTask<IReadOnlyList<VmEntry>> ListAsync(CancellationToken cancellationToken);
}
