namespace GuestTune.Controller.Store;

/// <summary>Who did what: it is only ever appended to.</summary>
internal interface IAudit
{
    Task AppendAuditAsync(AuditRecord record, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<AuditRecord>> ListAuditAsync(AuditFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<AuditRecord>> ListAuditAsync(int limit, CancellationToken cancellationToken);
}
