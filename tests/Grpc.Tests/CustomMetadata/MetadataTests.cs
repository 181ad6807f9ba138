using Grpc.Core;

namespace GuestTune.Grpc.Tests.CustomMetadata;

public sealed class MetadataTests
{
    [Fact]
    public void Add_UpperCaseKey_IsLowered()
    {
        var metadata = new Metadata { { "X-Key", "value" } };
        Assert.Equal("x-key", Assert.Single(metadata).Key);
        Assert.Equal("value", metadata.GetValue("X-KEY"));
    }

    [Theory]
    [InlineData("key with space")]
    [InlineData("key:")]
    [InlineData("kéy")]
    public void Add_KeyWithOtherCharacters_Throws(string key) => Assert.Throws<ArgumentException>(() => new Metadata { { key, "value" } });

    [Fact]
    public void Add_TextUnderBinaryKey_Throws() => Assert.Throws<ArgumentException>(() => new Metadata { { "key-bin", "value" } });

    [Fact]
    public void Add_BytesUnderTextKey_Throws() => Assert.Throws<ArgumentException>(() => new Metadata { { "key", [1] } });

    [Fact]
    public void Get_RepeatedKey_GivesTheLast()
    {
        var metadata = new Metadata { { "a", "1" }, { "b", "2" }, { "a", "3" } };
        Assert.Equal("3", metadata.GetValue("a"));
        Assert.Equal(["1", "3"], metadata.GetAll("a").Select(entry => entry.Value));
        Assert.Null(metadata.Get("c"));
    }

    [Fact]
    public void Entry_Binary_HasNoTextAndGivesCopies()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("a-bin", bytes);
        bytes[0] = 9;
        Assert.True(entry.IsBinary);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
        entry.ValueBytes[1] = 9;
        Assert.Equal([1, 2], entry.ValueBytes);
    }

    [Fact]
    public void Empty_CannotBeChanged()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "1"));
    }

    [Fact]
    public void Status_Equality_IsByCodeAndDetail()
    {
        Assert.Equal(new Status(StatusCode.NotFound, "a"), new Status(StatusCode.NotFound, "a"));
        Assert.NotEqual(new Status(StatusCode.NotFound, "a"), new Status(StatusCode.NotFound, "b"));
    }
}
