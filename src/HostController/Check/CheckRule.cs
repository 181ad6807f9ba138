namespace GuestTune.Controller.Check;

/// <summary>What is expected of one practice in one place.</summary>
/// <param name="Fix">The command that makes it so; VM stands for the VM's name.</param>
/// <param name="Unfix">The command that takes it away, where it may be unwanted.</param>
internal sealed record CheckRule(CheckPlace Place, string Practice, CheckExpectation Dedicated, CheckExpectation Overcommit, string Fix = "", string Unfix = "");
