namespace GuestTune.Agent.QemuGa;

/// <summary>What the name of a qemu-ga command may look like (qga/qapi-schema.json).</summary>
internal static class RpcName
{
    private const int MaximumLength = 64;

    public static bool IsValid(string name)
    {
        if (name.Length is 0 or > MaximumLength)
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
