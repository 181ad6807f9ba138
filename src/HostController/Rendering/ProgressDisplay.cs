using Spectre.Console;

namespace GuestTune.Controller.Rendering;

/// <summary>Shows on a terminal how far a call over many VMs has come; it leaves nothing behind.</summary>
internal static class ProgressDisplay
{
    /// <param name="work">Is given what to call with the number of VMs done, of how many, and what was last heard.</param>
    public static async Task RunAsync(TextWriter error, bool colors, string title, Func<Action<int, int, string?>, Task> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = colors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(error),
        });
        await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new CountColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(title), autoStart: true, maxValue: 1);
                await work((done, total, latest) =>
                {
                    task.Description = Markup.Escape(latest is null ? title : $"{title}: {latest}");
                    task.MaxValue = Math.Max(1, total);
                    task.Value = done;
                });
            });
    }

    private sealed class CountColumn : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text($"{task.Value:0}/{task.MaxValue:0} VMs");
    }
}
