using System.Buffers;
using System.Text;
using Grpc.Core;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary>Writes each VM's document into a file of its own as it comes, whole or not at all.</summary>
internal sealed class DocumentFolder(string path)
{
    // A VM's name may be anything; a dot at the start would hide the file, or lead out of the folder.
    private static readonly SearchValues<byte> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"u8);

    public string PathOf(string vm) => Path.Combine(path, FileName(vm));

    public async IAsyncEnumerable<VmEvent> SaveAsync(IAsyncEnumerable<VmEvent> events)
    {
        // Before any VM is asked: a folder that cannot be written to is known at once.
        Prepare();
        await foreach (var one in events)
        {
            if (one.EventCase == VmEvent.EventOneofCase.BootDocument)
            {
                Save(PathOf(one.Vm), one.BootDocument.Content.Span);
            }

            yield return one;
        }
    }

    internal static string FileName(string vm)
    {
        var name = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(vm))
        {
            _ = Allowed.Contains(b) && (b != '.' || name.Length > 0) ? name.Append((char)b) : name.Append($"%{b:X2}");
        }

        return name.Append(".json").ToString();
    }

    private void Prepare()
    {
        try
        {
            Directory.CreateDirectory(path);
            var probe = Path.Combine(path, $".guesttune-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"--out {path} cannot be written to: {e.Message}"));
        }
    }

    private static void Save(string file, ReadOnlySpan<byte> content)
    {
        var temporary = $"{file}.{Guid.NewGuid():N}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew))
            {
                stream.Write(content);
                stream.WriteByte((byte)'\n');
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new ResultNotWrittenException($"{file} could not be written: {e.Message}", e);
        }
    }
}
