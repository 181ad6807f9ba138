using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>What one parameter is now and what it will be after a boot.</summary>
internal readonly record struct HaltpollValues(HaltpollParameter Parameter, FileReading InForce, TmpfilesValue? Persistent);
