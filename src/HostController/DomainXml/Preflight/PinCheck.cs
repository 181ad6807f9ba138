using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>Pins to CPUs that the host has not: "Numerical result out of range" at the start.</summary>
internal static class PinCheck
{
    private static readonly string[] Pins = ["vcpupin", "emulatorpin", "iothreadpin"];

    public static IEnumerable<DefinitionProblem> Find(DomainView view, XElement definition)
    {
        var pins = definition.Elements("cputune").Elements().Where(static e => Pins.Contains(e.Name.LocalName, StringComparer.Ordinal));
        foreach (var pin in pins)
        {
            if ((string?)pin.Attribute("cpuset") is { } text && LibvirtNumbers.TryParse(text) is { } cpus && cpus.Last >= view.CpuNumbers)
            {
                yield return new DefinitionProblem($"{Name(pin)} is pinned to host CPUs {text}, and the host's are 0 to {view.CpuNumbers - 1}: the domain would not start");
            }
        }
    }

    private static string Name(XElement pin) => pin.Name.LocalName switch
    {
        "vcpupin" => $"vCPU {(string?)pin.Attribute("vcpu")}",
        "iothreadpin" => $"IOThread {(string?)pin.Attribute("iothread")}",
        _ => "the emulator",
    };
}
