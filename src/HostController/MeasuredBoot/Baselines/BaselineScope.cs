namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>Whose reference a baseline is.</summary>
internal enum BaselineScope
{
    None = 0,

    /// <summary>One VM's own: how that VM last was when somebody said that it was right.</summary>
    Vm = 1,

    /// <summary>A named one, for any VM that should be like it.</summary>
    Name = 2,
}
