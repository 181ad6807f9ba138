using System.Text;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>The list of arguments that GuestTune added, for boot loaders whose own files have no place that is ours alone.</summary>
internal sealed class OwnArguments(RootedFileSystem files, string stateDirectory)
{
    private const string Header = "# Kernel arguments that GuestTune added to the boot loader's files, one a line. Others are never taken out.\n";

    private readonly string _path = stateDirectory + "/boot-arguments";

    /// <exception cref="IOException">It cannot be read.</exception>
    public IReadOnlyList<KernelArgument> Read()
    {
        var own = new List<KernelArgument>();
        foreach (var line in (files.Read(_path) ?? string.Empty).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#')
            {
                own.Add(ArgumentLine.Parse(line) is [var only] ? only.Argument : throw new IOException($"{_path} is damaged: '{line}' is no kernel argument"));
            }
        }

        return own;
    }

    /// <exception cref="IOException">It cannot be read.</exception>
    public BootEdit Edit(IReadOnlyList<KernelArgument> own)
    {
        var text = new StringBuilder(Header);
        foreach (var argument in own)
        {
            text.Append(argument.Text).Append('\n');
        }

        return new BootEdit(_path, files.Read(_path), own.Count == 0 ? null : text.ToString());
    }
}
