using GuestTune.Controller.Cli;

return await CommandLine.RunAsync(args, Terminal.OfProcess());
