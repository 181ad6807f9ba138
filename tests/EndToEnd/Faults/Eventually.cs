namespace GuestTune.EndToEnd.Faults;

/// <summary>Waits for what takes a moment, and fails with what it saw last.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static async Task IsAsync(string expected, Func<Task<string>> read)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var value = await read();
            if (value == expected)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(begun) > Limit)
            {
                Assert.Equal(expected, value);
            }

            await Task.Delay(50);
        }
    }
}
