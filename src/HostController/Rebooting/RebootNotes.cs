using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.Rebooting;

/// <summary>
/// One small file for each VM whose restart has not come to its end, so that the same operation id goes on where a controller or its host was
/// stopped. Everything else the guest's agent remembers.
/// </summary>
internal sealed class RebootNotes(string directory)
{
    private const int MaximumBytes = 4096;
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const uint FileMode = 0x180; // 0600

    /// <returns>Null where there is none of this operation.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public RebootNote? Find(string vm, string operationId)
    {
        try
        {
            using var file = File.OpenRead(PathOf(vm));
            if (file.Length > MaximumBytes)
            {
                throw new IOException($"{file.Name} is no note of a restart: look at it, and remove it");
            }

            using var json = JsonDocument.Parse(file);
            var root = json.RootElement;
            var note = new RebootNote(
                root.GetProperty("vm").GetString()!,
                root.GetProperty("operation_id").GetString()!,
                root.GetProperty("boot_id_before").GetString()!,
                root.GetProperty("has_trial").GetBoolean(),
                root.GetProperty("reset_count").GetInt32(),
                root.TryGetProperty("reset_at", out var at) ? at.GetDateTimeOffset() : null);
            return string.Equals(note.Vm, vm, StringComparison.Ordinal) && string.Equals(note.OperationId, operationId, StringComparison.Ordinal) ? note : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new IOException($"{PathOf(vm)} is no note of a restart: look at it, and remove it", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>On the disk when it returns; a VM's former note is replaced.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(RebootNote note)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteString("vm", note.Vm);
            json.WriteString("operation_id", note.OperationId);
            json.WriteString("boot_id_before", note.BootIdBefore);
            json.WriteBoolean("has_trial", note.HasTrial);
            json.WriteNumber("reset_count", note.ResetCount);
            if (note.ResetAt is { } at)
            {
                json.WriteString("reset_at", at);
            }

            json.WriteEndObject();
        }

        try
        {
            Directory.CreateDirectory(directory, DirectoryMode);
            AtomicFile.Replace(new RootedFileSystem("/"), PathOf(note.Vm), content.WrittenSpan, FileMode);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>What cannot be removed does no harm: it is of an operation that has ended.</summary>
    public void Remove(RebootNote note)
    {
        try
        {
            File.Delete(PathOf(note.Vm));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Names of VMs may be longer than those of files, and have other characters.</summary>
    private string PathOf(string vm) => Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(vm)).AsSpan(0, 16)) + ".json");
}
