using System.Text.RegularExpressions;

namespace DebugInfoFetch.Unpack;

public enum KernelMemberKind { Vmlinux, Module }

/// <summary>A member of a debuginfo package that holds a kernel's DWARF.</summary>
/// <param name="Name"><c>vmlinux</c>, or a module's name as the kernel spells it: <c>nvme_core</c> for <c>nvme-core.ko</c>.</param>
/// <param name="Release">What <c>uname -r</c> prints on that kernel, by the path.</param>
public sealed record KernelMember(KernelMemberKind Kind, string Name, string Release);

/// <summary>Where distributions' debuginfo packages keep vmlinux and the modules.</summary>
/// <remarks>
/// Fedora, RHEL and clones: <c>/usr/lib/debug[/usr]/lib/modules/REL/vmlinux</c> and <c>….ko.debug</c>. Debian:
/// <c>/usr/lib/debug/boot/vmlinux-REL</c>, from 7.2 on as Fedora but <c>.ko</c>. openSUSE: <c>/usr/lib/debug/boot/vmlinux-REL.debug</c> or <c>…/modules/REL/vmlinux.debug</c>.
/// </remarks>
public static partial class KernelPackageLayout
{
    private const string DebugSuffix = ".debug";

    /// <summary>Null: neither vmlinux nor a module. Ask only for files: links repeat them.</summary>
    /// <param name="path">Of a <see cref="PackageMember"/>.</param>
    public static KernelMember? Recognise(string path)
    {
        if (VmlinuxOfModules().Match(path) is { Success: true } inModules)
        {
            return new KernelMember(KernelMemberKind.Vmlinux, "vmlinux", inModules.Groups["release"].Value);
        }

        if (VmlinuxOfBoot().Match(path) is { Success: true } inBoot)
        {
            string release = inBoot.Groups["release"].Value;
            bool isSplit = release.EndsWith(DebugSuffix, StringComparison.Ordinal) && release.Length > DebugSuffix.Length;
            return new KernelMember(KernelMemberKind.Vmlinux, "vmlinux", isSplit ? release[..^DebugSuffix.Length] : release);
        }

        return Module().Match(path) is { Success: true } module
            ? new KernelMember(KernelMemberKind.Module, ModuleName(module.Groups["name"].Value), module.Groups["release"].Value)
            : null;
    }

    /// <summary>
    /// A module's name in the kernel's spelling; its file may have either of <c>-</c> and <c>_</c> (kernel: KBUILD_MODNAME).
    /// </summary>
    public static string ModuleName(string fileName) => fileName.Replace('-', '_');

    /// <summary>What a file of a developer's own build is: <c>vmlinux</c>, or the module of <c>NAME.ko</c> or <c>NAME.ko.debug</c>.</summary>
    public static string NameOfFile(string path)
    {
        string name = Path.GetFileName(path);
        if (name.EndsWith(DebugSuffix, StringComparison.Ordinal)) { name = name[..^DebugSuffix.Length]; }
        return name.EndsWith(".ko", StringComparison.Ordinal) ? ModuleName(name[..^".ko".Length]) : "vmlinux";
    }

    [GeneratedRegex(@"(^|/)(usr/)?lib/modules/(?<release>[A-Za-z0-9._+~^-]+)/vmlinux(\.debug)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex VmlinuxOfModules();

    [GeneratedRegex(@"(^|/)usr/lib/debug/boot/vmlinux-(?<release>[A-Za-z0-9._+~^-]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex VmlinuxOfBoot();

    [GeneratedRegex(@"(^|/)(usr/)?lib/modules/(?<release>[A-Za-z0-9._+~^-]+)/(.*/)?(?<name>[A-Za-z0-9._-]+)\.ko(\.debug)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Module();
}
