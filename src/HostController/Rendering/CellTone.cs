namespace GuestTune.Controller.Rendering;

/// <summary>What a cell's colour says; without colours its word says the same.</summary>
internal enum CellTone
{
    Plain,
    Good,
    Notice,
    Bad,
}
