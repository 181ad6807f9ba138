using Grpc.Core;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.Agent.V1;

namespace GuestTune.Agent.Tests.MeasuredBoot;

public sealed class EventLogFileTests : IDisposable
{
    private const string Log = "/sys/kernel/security/tpm0/binary_bios_measurements";

    private readonly GuestTree _tree = GuestTree.WithoutHaltpoll();

    public EventLogFileTests() => _tree.Write("/sys/class/tpm/tpm0/tpm_version_major", "2\n");

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(EventLogFile.ChunkSizeBytes)]
    [InlineData((3 * EventLogFile.ChunkSizeBytes) + 17)]
    [InlineData(EventLogFile.MaximumSizeBytes)]
    public async Task ReadEventLog_OfAnySize_ComesWhole(int size)
    {
        var log = new byte[size];
        new Random(size).NextBytes(log);
        _tree.Write(Log, log);
        await using var agent = await AgentHost.StartAsync(_tree);

        Assert.Equal(log, await ReadAsync(agent));
    }

    [Fact]
    public async Task ReadEventLog_LargerThanAnyLog_IsRefused()
    {
        _tree.Write(Log, new byte[EventLogFile.MaximumSizeBytes + 1]);
        await using var agent = await AgentHost.StartAsync(_tree);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(agent));

        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains("more than 4194304 bytes", refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sys/kernel/security/lsm", "PCRs without a log")]
    [InlineData("/etc/nothing", "securityfs is not mounted")]
    public async Task ReadEventLog_NoLog_IsNotFound(string file, string said)
    {
        _tree.Write(file, "");
        await using var agent = await AgentHost.StartAsync(_tree);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(agent));

        Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
        Assert.Contains(said, refusal.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<byte[]> ReadAsync(AgentHost agent)
    {
        using var call = agent.MeasuredBoot.ReadEventLog(new ReadEventLogRequest());
        var log = new MemoryStream();
        await foreach (var chunk in call.ResponseStream.ReadAllAsync())
        {
            Assert.InRange(chunk.Data.Length, 1, EventLogFile.ChunkSizeBytes);
            chunk.Data.WriteTo(log);
        }

        return log.ToArray();
    }
}
