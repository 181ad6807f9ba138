using GuestTune.Practices.Journaling;

namespace GuestTune.Practices;

/// <summary>Tells from the journal which values are GuestTune's own now.</summary>
internal static class OwnedValues
{
    public static IReadOnlyList<OwnedValue> Of(IReadOnlyList<JournaledOperation> operations, string practiceId, string bootId)
    {
        var owned = new Dictionary<string, OwnedValue>(StringComparer.Ordinal);
        foreach (var (begun, operation) in operations)
        {
            if (operation is not { Kind: OperationKind.Apply, State: OperationState.Done }
                || !string.Equals(operation.Practice, practiceId, StringComparison.Ordinal))
            {
                continue;
            }

            var sameBoot = string.Equals(begun.BootId, bootId, StringComparison.Ordinal);
            foreach (var outcome in operation.Outcomes)
            {
                if (outcome.State == ChangeState.Verified)
                {
                    owned[outcome.Change.Item] = new OwnedValue(outcome.Change.Item, outcome.Change.After, operation.OperationId, sameBoot);
                }
            }
        }

        return [.. owned.Values];
    }
}
