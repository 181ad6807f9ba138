namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>Why a domain of this definition would not start, or would do harm when it does.</summary>
/// <param name="Message">Names what is wrong and what to do.</param>
/// <param name="MayBeForced">An operator may know better: the domain is for another host, the device comes later. Never where data would be lost.</param>
internal sealed record DefinitionProblem(string Message, bool MayBeForced = true);
