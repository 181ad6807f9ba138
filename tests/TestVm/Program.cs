using System.CommandLine;
using GuestTune.Testing;
using GuestTune.Testing.Commands;

var root = new RootCommand("Builds and boots the virtual machines that GuestTune is tested with.")
{
    BuildCommand.Create(),
    BootCommand.Create(),
    ConsoleCommand.Create(),
    RecordAarch64Command.Create(),
    StopCommand.Create(),
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (TestVmException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
