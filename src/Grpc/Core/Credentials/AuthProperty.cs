using System.Text;

namespace Grpc.Core;

/// <summary>One thing known of a peer, e.g. a name in its certificate (https://grpc.io/docs/guides/auth/).</summary>
public class AuthProperty
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _value;

    private AuthProperty(string name, byte[] value)
    {
        Name = name;
        _value = value;
    }

    /// <summary>What the value is, e.g. "x509_common_name".</summary>
    public string Name { get; }

    /// <summary>The value as text.</summary>
    public string Value => StrictUtf8.GetString(_value);

    /// <summary>A copy of the value.</summary>
    public byte[] ValueBytes => _value.AsSpan().ToArray();

    /// <summary>A property with this name and value.</summary>
    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new AuthProperty(name, valueBytes.AsSpan().ToArray());
    }
}
