using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;

namespace GuestTune.Grpc.Tests.CustomMetadata;

/// <summary>Whatever is sent as metadata or as a status message comes back the same, over a real connection.</summary>
public sealed class RoundTripTests : IAsyncLifetime
{
    private const string KeyCharacters = "abcdefghijklmnopqrstuvwxyz0123456789._-";

    private TestServer _server = null!;
    private GrpcChannel _channel = null!;
    private TestService.TestServiceClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(new LambdaService
        {
            Unary = async (request, context) =>
            {
                var echoed = new Metadata();
                foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)))
                {
                    echoed.Add(entry);
                    context.ResponseTrailers.Add(entry);
                }

                await context.WriteResponseHeadersAsync(echoed);
                return request.ResponseStatus is { } status
                    ? throw new RpcException(new Status((StatusCode)status.Code, status.Message))
                    : new SimpleResponse();
            },
        });
        _channel = _server.CreateChannel();
        _client = new TestService.TestServiceClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Metadata_AnyValues_ComeBackInHeadersAndTrailers() => Prop.ForAll(MetadataGenerator.ToArbitrary(), sent =>
    {
        using var call = _client.UnaryCallAsync(new SimpleRequest(), sent, DateTime.UtcNow.AddMinutes(2));
        call.ResponseAsync.GetAwaiter().GetResult();
        AssertSame(sent, call.ResponseHeadersAsync.GetAwaiter().GetResult());
        AssertSame(sent, call.GetTrailers());
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void StatusMessage_AnyText_ComesBack() => Prop.ForAll(TextGenerator.ToArbitrary(), message =>
    {
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = (int)StatusCode.Aborted, Message = message } };
        var exception = Assert.Throws<RpcException>(() => _client.UnaryCall(request, deadline: DateTime.UtcNow.AddMinutes(2)));
        Assert.Equal(StatusCode.Aborted, exception.StatusCode);
        Assert.Equal(message, exception.Status.Detail);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private static Gen<string> TextGenerator => Gen
        .OneOf(Gen.Choose(0, 0x7f), Gen.Choose(0, 0xd7ff), Gen.Choose(0xe000, 0x10ffff))
        .Select(value => new Rune(value).ToString())
        .ListOf()
        .Select(string.Concat);

    private static Gen<Metadata> MetadataGenerator
    {
        get
        {
            var key = Gen.Elements(KeyCharacters.ToCharArray()).NonEmptyListOf().Select(characters => new string([.. characters.Take(30)]));
            var bytes = ArbMap.Default.GeneratorFor<byte[]>().Where(value => value.Length > 0).Select(value => value[..Math.Min(value.Length, 200)]);

            // HTTP drops blanks around a value, and joins repeated headers by commas.
            var text = Gen.Choose(' ', '~').NonEmptyListOf()
                .Select(characters => string.Concat(characters.Take(200).Select(character => (char)character)).Trim())
                .Where(value => value.Length > 0);
            var entry = Gen.OneOf(
                Gen.Zip(key, bytes).Select(pair => (Key: pair.Item1 + "-bin", Bytes: (byte[]?)pair.Item2, Text: (string?)null)),
                // Behind a number and a dash "bin" alone would be a binary key, too.
                Gen.Zip(key.Where(value => !$"-{value}".EndsWith("-bin", StringComparison.Ordinal)), text)
                    .Select(pair => (Key: pair.Item1, Bytes: (byte[]?)null, Text: (string?)pair.Item2)));

            // Kestrel takes a hundred headers, and 32 KiB of them.
            return entry.ListOf().Select(entries => entries.Take(50)).Select(entries =>
            {
                var metadata = new Metadata();
                foreach (var (index, (name, value, characters)) in entries.Index())
                {
                    metadata.Add(value is not null ? new Metadata.Entry($"x-{index}-{name}", value) : new Metadata.Entry($"x-{index}-{name}", characters!));
                }

                return metadata;
            });
        }
    }

    private static void AssertSame(Metadata sent, Metadata received)
    {
        foreach (var entry in sent)
        {
            var other = Assert.Single(received.GetAll(entry.Key));
            Assert.Equal(entry.IsBinary, other.IsBinary);
            Assert.Equal(entry.ValueBytes, other.ValueBytes);
        }
    }
}
