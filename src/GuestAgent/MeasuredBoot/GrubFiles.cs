using System.Text;
using Google.Protobuf;
using GuestTune.Agent.BootLoader;
using GuestTune.Agent.V1;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>The files that GRUB reads at boot beside kernels, so that a host can tell beforehand what their change makes of the measurements.</summary>
internal sealed class GrubFiles(RootedFileSystem files)
{
    /// <summary>All of them together; one answer of gRPC has 4 MiB.</summary>
    private const int MaximumSizeBytes = 2 * 1024 * 1024;

    /// <exception cref="PracticeException">The guest does not boot by GRUB, or they cannot be read.</exception>
    public ReadBootFilesResponse Read()
    {
        try
        {
            var menu = GrubConfiguration.Find(files) ?? throw PracticeException.Precondition("there is no grub.cfg with a menu: the boot loader is not GRUB");
            var answer = new ReadBootFilesResponse { Menu = menu.Path };
            Add(answer, menu.Path);
            Add(answer, menu.EnvironmentPath);
            Add(answer, menu.CustomPath);
            if (menu.Menu.ReadsLoaderEntries)
            {
                foreach (var name in files.ListNames(GrubLoaderEntries.Directory, LoaderEntry.Suffix))
                {
                    Add(answer, $"{GrubLoaderEntries.Directory}/{name}");
                }
            }

            return answer.CalculateSize() <= MaximumSizeBytes ? answer
                : throw PracticeException.Precondition($"the files that GRUB reads have more than {MaximumSizeBytes} bytes");
        }
        catch (IOException e)
        {
            throw PracticeException.Precondition(e.Message);
        }
    }

    private void Add(ReadBootFilesResponse answer, string path)
    {
        if (files.Read(path) is { } text)
        {
            answer.Files.Add(new BootFile { Path = path, Content = ByteString.CopyFrom(text, Encoding.Latin1) });
        }
    }
}
