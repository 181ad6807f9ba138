using Grpc.Core;

namespace GuestTune.Controller.Cli;

/// <summary>Reads a password from where nobody else sees it: arguments and the environment are in /proc for all to read.</summary>
internal static class PasswordInput
{
    private const int MaximumCharacters = 4096;

    /// <returns>All that is there, without the line end that echo and editors add.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT: there is no such descriptor, or it has no password.</exception>
    public static async Task<string> ReadAsync(Terminal terminal, int descriptor, CancellationToken cancellationToken)
    {
        try
        {
            using var input = (descriptor == 0 ? terminal.OpenIn() : new StreamReader($"/proc/self/fd/{descriptor}"))
                ?? throw Invalid("a terminal would show the password: give it by a pipe or a file, e.g. from a password manager, or by --password-fd");
            var buffer = new char[MaximumCharacters + 1];
            var count = await input.ReadBlockAsync(buffer, cancellationToken);
            if (count > MaximumCharacters)
            {
                throw Invalid($"there are more than {MaximumCharacters} characters at file descriptor {descriptor}: that is no password");
            }

            var text = new string(buffer, 0, count);
            return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid($"no password can be read from file descriptor {descriptor}: {e.Message}");
        }
    }

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
