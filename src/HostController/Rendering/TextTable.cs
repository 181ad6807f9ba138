using Spectre.Console;
using Spectre.Console.Rendering;

namespace GuestTune.Controller.Rendering;

/// <summary>
/// A table of plain columns without lines: easy to read, and to cut and grep. Every cell is escaped here, so that no
/// caller can forget it.
/// </summary>
internal sealed class TextTable(params string[] columns)
{
    private const int MaxCellLength = 400;
    private const int WidthOfPipe = 10_000;

    private readonly List<(string Text, CellTone Tone)[]> _rows = [];

    public bool IsEmpty => _rows.Count == 0;

    public void AddRow(params string[] cells) => AddRow([.. cells.Select(c => (c, CellTone.Plain))]);

    public void AddRow(params (string Text, CellTone Tone)[] cells) => _rows.Add(cells);

    public void WriteTo(TextWriter output, TableStyle style)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = style.Colors ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = style.Colors ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = style.Width ?? WidthOfPipe;
        console.Write(Build());
        foreach (var line in text.ToString().AsSpan().EnumerateLines())
        {
            var shown = line.TrimEnd();
            if (!shown.IsEmpty)
            {
                output.WriteLine(shown.ToString());
            }
        }
    }

    private Table Build()
    {
        var table = new Table { Border = TableBorder.None };
        for (var i = 0; i < columns.Length; i++)
        {
            table.AddColumn(new TableColumn(new Text(columns[i], new Style(decoration: Decoration.Bold)))
            {
                Padding = new Padding(0, 0, i == columns.Length - 1 ? 0 : 2, 0),
            });
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(IRenderable (cell) => new Text(TerminalText.Escape(cell.Text, MaxCellLength), StyleOf(cell.Tone))));
        }

        return table;
    }

    private static Style StyleOf(CellTone tone) => tone switch
    {
        CellTone.Good => new Style(Color.Green),
        CellTone.Notice => new Style(Color.Yellow),
        CellTone.Bad => new Style(Color.Red),
        _ => Style.Plain,
    };
}
