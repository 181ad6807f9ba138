namespace Grpc.Internal.Wire;

/// <summary>Exceptions in the detail of a status: "Type: message", from the outermost to the innermost.</summary>
internal static class ExceptionText
{
    public static string Describe(Exception exception)
    {
        var text = $"{exception.GetType().Name}: {exception.Message}";
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            text += $" {inner.GetType().Name}: {inner.Message}";
        }

        return text;
    }
}
