using GuestTune.Practice.V1;

namespace GuestTune.Controller.Check;

/// <summary>One practice in one place, held against what is expected there.</summary>
/// <param name="Name">Of the VM; empty for the host.</param>
/// <param name="Practice">Empty where nothing could be asked.</param>
/// <param name="Fix">What to run, or to do; empty where nothing is to be done, or nothing is known.</param>
/// <param name="Evidence">Every value that was read for it, and where.</param>
internal sealed record CheckFinding(CheckPlace Place, string Name, string Practice, Verdict Verdict, bool IsExpected, string Reason, string Fix, IReadOnlyCollection<Fact> Evidence);
