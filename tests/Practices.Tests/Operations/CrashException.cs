namespace GuestTune.Practices.Tests.Operations;

/// <summary>Stands for the process being killed: nothing in the product may catch it.</summary>
internal sealed class CrashException : Exception;
