using System.Text.Json.Nodes;

namespace GuestTune.EndToEnd.Cli;

/// <summary>How a run of guesttune ended, and what it said.</summary>
public sealed record CliRun(int ExitCode, string Output, string Error, TimeSpan Took)
{
    /// <summary>The answer of a run with "-o json".</summary>
    public JsonObject Json => JsonNode.Parse(Output)!.AsObject();

    /// <summary>The part of the answer that is about one VM.</summary>
    public JsonObject Vm(string name) =>
        Json["vms"]!.AsArray().Select(v => v!.AsObject()).Single(v => (string?)v["name"] == name);

    public CliRun ShouldEndWith(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"guesttune ended with {ExitCode} instead of {exitCode}.\n{Output}\n{Error}");
        return this;
    }

    public string ErrorOf(string vm) => (string?)Vm(vm)["error"]?["message"] ?? "";

    public string ErrorCodeOf(string vm) => (string?)Vm(vm)["error"]?["code"] ?? "";

    /// <summary>What "get" says a parameter is now.</summary>
    public string? InForce(string vm, string parameter) => (string?)Fact(vm, parameter, "in-force")?["value"];

    public JsonObject? Fact(string vm, string name, string scope) => Vm(vm)["observations"]!.AsArray()
        .SelectMany(o => o!["facts"]!.AsArray())
        .Select(f => f!.AsObject())
        .SingleOrDefault(f => (string?)f["name"] == name && (string?)f["scope"] == scope);
}
