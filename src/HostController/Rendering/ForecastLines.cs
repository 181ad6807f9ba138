using System.Text.Json;
using GuestTune.Controller.Cli;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>What is known of the next start of VMs that have a baseline, or of the one that was predicted: one line each.</summary>
internal static class ForecastLines
{
    private const int MaxTextLength = 1000;

    public static void Write(TextWriter output, IReadOnlyList<VmOutcome> vms)
    {
        foreach (var vm in vms)
        {
            // What came of it says all; how it did not come true standard error has.
            var forecast = vm.Reboot?.Start ?? vm.Result.Forecast;
            if (forecast is not null && forecast.State != StartForecastState.Otherwise)
            {
                output.WriteLine($"{TerminalText.Escape(vm.Vm, 255)}: {Words(forecast)}");
            }
        }
    }

    public static void Write(Utf8JsonWriter json, string name, StartForecast? forecast)
    {
        if (forecast is null)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("state", forecast.State switch
        {
            StartForecastState.Predicted => "predicted",
            StartForecastState.NotPredicted => "not-predicted",
            StartForecastState.AsPredicted => "as-predicted",
            _ => "otherwise",
        });
        json.WriteString("text", forecast.Text);
        json.WriteEndObject();
    }

    private static string Words(StartForecast forecast)
    {
        var text = TerminalText.Escape(forecast.Text, MaxTextLength);
        return forecast.State switch
        {
            StartForecastState.Predicted => $"measured boot: predicted: {text}",
            StartForecastState.NotPredicted => $"measured boot: cannot predict, so pcr check will differ: {text}",
            _ => $"measured boot: as predicted: proven equal to {text}",
        };
    }
}
