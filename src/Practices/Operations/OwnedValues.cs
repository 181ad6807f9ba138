using GuestTune.Practices.Journaling;

namespace GuestTune.Practices;

/// <summary>Which values are GuestTune's own now, kept up with the journal, since every answer asks for them.</summary>
internal sealed class OwnedValues
{
    private readonly Dictionary<(string Practice, string Item), (ChangeOutcome Outcome, BegunRecord Begun)> _owners = [];
    private bool _isStale = true;

    /// <summary>Something was undone or forgotten: who owned a value before counts again.</summary>
    public void Invalidate() => _isStale = true;

    public void Add(JournaledOperation done)
    {
        if (!_isStale)
        {
            Take(done);
        }
    }

    public List<OwnedValue> Of(IReadOnlyList<JournaledOperation> operations, string practice, string bootId)
    {
        if (_isStale)
        {
            _owners.Clear();

            // By their ends: an operation that a crash cut off may have been completed after newer ones.
            foreach (var operation in operations.OrderBy(static o => o.EndOrder))
            {
                Take(operation);
            }

            _isStale = false;
        }

        var owned = new List<OwnedValue>();
        foreach (var ((owner, item), (outcome, begun)) in _owners)
        {
            if (string.Equals(owner, practice, StringComparison.Ordinal))
            {
                owned.Add(new OwnedValue(item, outcome.Change.After, begun.OperationId, string.Equals(begun.BootId, bootId, StringComparison.Ordinal)));
            }
        }

        return owned;
    }

    private void Take(JournaledOperation journaled)
    {
        if (journaled.Operation is not { Kind: OperationKind.Apply, State: OperationState.Done })
        {
            return;
        }

        foreach (var outcome in journaled.Operation.Outcomes)
        {
            if (outcome.State == ChangeState.Verified)
            {
                _owners[(journaled.Begun.Practice, outcome.Change.Item)] = (outcome, journaled.Begun);
            }
        }
    }
}
