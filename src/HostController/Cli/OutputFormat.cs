namespace GuestTune.Controller.Cli;

/// <summary>How results are written to standard output.</summary>
internal enum OutputFormat
{
    Table,
    Json,
}
