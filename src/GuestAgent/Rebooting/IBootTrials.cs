namespace GuestTune.Agent.Rebooting;

/// <summary>Makes the boot loader go back to the running command line by itself when the next boot does not come to its end.</summary>
internal interface IBootTrials
{
    BootTrialReport Read();

    /// <summary>Replaces a trial that is there already: the running command line is the one that is known to boot.</summary>
    /// <returns>NONE with the reason where this boot loader cannot do it, or where something could not be written.</returns>
    BootTrialReport Arm(string operationId);

    /// <summary>The next boot takes what the boot loader is configured for.</summary>
    /// <exception cref="IOException">It is still there.</exception>
    void End();
}
