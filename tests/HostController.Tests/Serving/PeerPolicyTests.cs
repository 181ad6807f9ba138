using System.Net.Sockets;
using GuestTune.Controller.Serving;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.Serving;

public sealed class PeerPolicyTests
{
    [Theory]
    [InlineData(0, 0, "", true)]
    [InlineData(500, 500, "", true)]
    [InlineData(1000, 1000, "", false)]
    [InlineData(1000, 77, "", true)]
    [InlineData(1000, 1000, "5 77", true)]
    [InlineData(1000, 1000, "5 78", false)]
    public void Allows_Peer_ByUserAndGroup(uint user, uint group, string groups, bool expected)
    {
        var peer = new PeerCredentials(1, user, group, [.. groups.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse)]);

        Assert.Equal(expected, new PeerPolicy(500, 77, "vmadmins").Allows(peer));
    }

    [Fact]
    public void Allows_NoGroup_OnlyRootAndOwner()
    {
        var policy = new PeerPolicy(500, null, null);

        Assert.False(policy.Allows(new PeerCredentials(1, 1000, 0, [0])));
        Assert.Contains("--group", policy.Refusal(new PeerCredentials(1, 1000, 0, [])));
    }

    [Fact]
    public void Of_ConnectedSocket_IsThisProcess()
    {
        using var directory = new TemporaryDirectory();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(directory.PathOf("s")));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(directory.PathOf("s")));
        using var server = listener.Accept();

        var peer = PeerCredentials.Of(server);

        Assert.Equal(Environment.ProcessId, peer.ProcessId);
        Assert.Equal(Libc.GetEffectiveUserId(), peer.UserId);
    }

    [Fact]
    public void Find_RootByNameOrNumber_IsZero()
    {
        Assert.Equal(0u, UnixGroup.Find("root"));
        Assert.Equal(0u, UnixGroup.Find("0"));
    }
}
