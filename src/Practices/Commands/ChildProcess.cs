using System.Runtime.InteropServices;
using System.Text;
using GuestTune.Practices.Files;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Commands;

/// <summary>
/// One program in a process group of its own, so that a script that hangs goes with everything that it started; .NET's Process
/// would find only those whose parents still live.
/// </summary>
internal sealed unsafe class ChildProcess : IDisposable
{
    /// <summary>Between SIGTERM, at which scripts remove their temporary files, and SIGKILL.</summary>
    private static readonly TimeSpan GraceTime = TimeSpan.FromSeconds(2);

    /// <summary>How late its end is noticed where something else keeps its output open.</summary>
    private const int CheckIntervalMs = 50;

    /// <summary>So much fits into every pipe (PIPE_BUF).</summary>
    private const int MaximumInputBytes = 4096;

    private readonly int _id;
    private readonly BoundedOutput _output;
    private readonly BoundedOutput _errors;

    private ChildProcess(int id, SafeFileHandle output, SafeFileHandle errors)
    {
        _id = id;
        _output = new BoundedOutput(output);
        _errors = new BoundedOutput(errors);
    }

    /// <exception cref="CommandException">It could not be started.</exception>
    public static ChildProcess Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, string? input = null)
    {
        if (arguments.Any(static a => a.Contains('\0', StringComparison.Ordinal)))
        {
            throw new CommandException($"an argument of {path} has a zero byte");
        }

        using var inputRead = input is null ? null : Filled(path, input);
        var (outputRead, outputWrite) = Pipe(path);
        var (errorRead, errorWrite) = Pipe(path);
        using (outputWrite)
        using (errorWrite)
        {
            var errno = Spawn.Start(path, arguments, environment, inputRead, outputWrite, errorWrite, out var id);
            if (errno == 0)
            {
                return new ChildProcess(id, outputRead, errorRead);
            }

            outputRead.Dispose();
            errorRead.Dispose();
            throw new CommandException($"{path} could not be started: {Errno.Text(errno)}");
        }
    }

    public CommandResult WaitForEnd(TimeSpan limit, int maximumOutputBytes, TimeProvider time)
    {
        var started = time.GetTimestamp();
        while (!HasEnded() && time.GetElapsedTime(started) < limit)
        {
            Collect(maximumOutputBytes);
        }

        var isTimeOver = !HasEnded();
        if (isTimeOver)
        {
            Kill(maximumOutputBytes, time);
        }

        // What is in the pipes by now; a child that it left behind may keep them open for ever.
        _output.Read(maximumOutputBytes);
        _errors.Read(maximumOutputBytes);
        var status = Reap();
        return new CommandResult(isTimeOver ? null : ExitCode(status), _output.Text, _errors.Text, _output.WasCut || _errors.WasCut);
    }

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
    }

    /// <summary>A pipe that has it all, and its end: a program that reads nothing holds nobody up.</summary>
    private static SafeFileHandle Filled(string path, string input)
    {
        var bytes = Encoding.UTF8.GetBytes(input);
        if (bytes.Length > MaximumInputBytes)
        {
            throw new CommandException($"{path} could not be started: its input has {bytes.Length} bytes, and at most {MaximumInputBytes} are allowed");
        }

        var (read, write) = Pipe(path);
        using (write)
        {
            NativeFile.WriteAll(write, bytes, path);
        }

        return read;
    }

    private static (SafeFileHandle Read, SafeFileHandle Write) Pipe(string path)
    {
        var ends = stackalloc int[2];
        return Libc.Pipe(ends, Libc.CloseOnExec) == 0
            ? (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw new CommandException($"{path} could not be started: no pipe: {Errno.Text(Marshal.GetLastPInvokeError())}");
    }

    private static int ExitCode(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);

    /// <summary>Waits for output for a moment, and takes it.</summary>
    private void Collect(int maximumOutputBytes)
    {
        var polled = stackalloc Libc.PollEntry[2];
        polled[0] = new Libc.PollEntry { File = _output.PollFile, Events = Libc.PollIn };
        polled[1] = new Libc.PollEntry { File = _errors.PollFile, Events = Libc.PollIn };
        if (Libc.Poll(polled, 2, CheckIntervalMs) > 0)
        {
            _output.Read(maximumOutputBytes);
            _errors.Read(maximumOutputBytes);
        }
    }

    /// <summary>It stays a zombie, so that its number, which is that of its group, cannot become another's.</summary>
    private bool HasEnded()
    {
        var information = stackalloc long[16]; // siginfo_t has 128 bytes
        information[0] = information[1] = information[2] = 0;
        if (Libc.WaitId(Libc.IdOfProcess, _id, information, Libc.WaitExited | Libc.WaitNoHang | Libc.WaitNoReap) != 0)
        {
            // ECHILD: somebody else has reaped it.
            return Marshal.GetLastPInvokeError() is not Errno.Interrupted;
        }

        return *(int*)information != 0; // si_signo
    }

    private void Kill(int maximumOutputBytes, TimeProvider time)
    {
        _ = Libc.Kill(-_id, Libc.SignalTerminate);
        var asked = time.GetTimestamp();
        while (!HasEnded() && time.GetElapsedTime(asked) < GraceTime)
        {
            Collect(maximumOutputBytes);
        }

        // The group, also where its leader has gone: what it started may have stayed.
        _ = Libc.Kill(-_id, Libc.SignalKill);
    }

    private int Reap()
    {
        int status;
        while (Libc.WaitPid(_id, &status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() is not Errno.Interrupted)
            {
                return 0;
            }
        }

        return status;
    }
}
