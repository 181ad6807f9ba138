using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace GuestTune.Controller.Libvirt;

/// <summary>Turns what a libvirt function returned into a value or its error. libvirt keeps errors per thread, so this comes right after the call.</summary>
internal static unsafe class LibvirtCall
{
    private static readonly Lock StartLock = new();
    private static bool _started;

    /// <summary>Loads the library, once, and has its events dealt with on a thread of their own, which must be known before anything is opened.</summary>
    /// <exception cref="LibvirtException">It is not installed.</exception>
    public static void Start()
    {
        lock (StartLock)
        {
            if (_started)
            {
                return;
            }

            try
            {
                LibvirtNative.virSetErrorFunc(null, &LibvirtNative.IgnoreError);
                Checked(LibvirtNative.virInitialize());
                Checked(LibvirtNative.virEventRegisterDefaultImpl());
            }
            catch (DllNotFoundException e)
            {
                throw new LibvirtException("libvirt.so.0 is not installed (Debian: libvirt0, Fedora and openEuler: libvirt-libs)", e);
            }

            new Thread(RunEvents) { IsBackground = true, Name = "libvirt events" }.Start();
            _started = true;
        }
    }

    /// <exception cref="LibvirtException">The call failed.</exception>
    public static int Checked(int result, [CallerArgumentExpression(nameof(result))] string call = "") => result >= 0 ? result : throw LastError(call);

    /// <exception cref="LibvirtException">The call failed.</exception>
    public static nint Checked(nint result, [CallerArgumentExpression(nameof(result))] string call = "") => result != 0 ? result : throw LastError(call);

    /// <summary>A text that libvirt hands over; its memory is given back.</summary>
    /// <exception cref="LibvirtException">The call failed.</exception>
    public static string Text(byte* result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result is null)
        {
            throw LastError(call);
        }

        try
        {
            return Marshal.PtrToStringUTF8((nint)result)!;
        }
        finally
        {
            LibvirtNative.Free(result);
        }
    }

    /// <param name="call">For an error that has no words.</param>
    public static LibvirtException LastError(string call)
    {
        var error = LibvirtNative.virGetLastError();
        var function = call.Split('(')[0];
        return error is null
            ? new LibvirtException($"{function} failed without a reason")
            : new LibvirtException((LibvirtErrorCode)error->Code, error->Domain, Utf8StringMarshaller.ConvertToManaged(error->Message) ?? $"{function} failed with code {error->Code}");
    }

    private static void RunEvents()
    {
        while (true)
        {
            // Fails only where its own poll(2) does, which then would do so at once and for ever.
            if (LibvirtNative.virEventRunDefaultImpl() < 0)
            {
                Thread.Sleep(100);
            }
        }
    }
}
