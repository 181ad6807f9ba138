namespace GuestTune.Practices.Commands;

/// <summary>Runs programs of the machine that is tuned: a seam, since a test's tree has none.</summary>
public interface ICommandRunner
{
    /// <summary>Why no program can be run at all, or null: in a tree that is not the running system programs would tune the wrong machine.</summary>
    string? WhyNotAvailable { get; }

    /// <param name="program">A name without <c>/</c>, or an absolute path.</param>
    /// <returns>Its absolute path, or null where there is none.</returns>
    string? Find(string program);

    /// <summary>Returns when the program has ended or its time is over.</summary>
    /// <exception cref="CommandException">It could not be started.</exception>
    CommandResult Run(Command command);
}
