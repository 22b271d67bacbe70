using System.Text.RegularExpressions;
using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Unpack;

public enum ImageMemberKind { BootImage, SystemMap, Module }

/// <summary>A member of a package that a kernel is installed from.</summary>
/// <param name="Name"><c>vmlinux</c>, or a module's name as the kernel spells it.</param>
/// <param name="Release">What <c>uname -r</c> prints on that kernel, by the path.</param>
/// <param name="Compression">Of a module, as its name announces it.</param>
public sealed record ImageMember(ImageMemberKind Kind, string Name, string Release, CompressionFormat Compression = CompressionFormat.None);

/// <summary>Where distributions' packages of a kernel itself, not of its debug information, keep it.</summary>
/// <remarks>
/// Debian, Ubuntu: <c>/boot/vmlinuz-REL</c>, <c>/boot/System.map-REL</c>. Fedora, RHEL, SUSE, Arch: <c>/lib/modules/REL/vmlinuz</c> (SUSE on arm64
/// <c>Image</c>), <c>…/System.map</c>. Modules: <c>/lib/modules/REL/**/NAME.ko</c>, or <c>.ko.xz</c>, <c>.ko.zst</c>, <c>.ko.gz</c>.
/// </remarks>
public static partial class ImagePackageLayout
{
    /// <summary>Null: nothing of a kernel that is known. Ask only for files.</summary>
    public static ImageMember? Recognise(string path)
    {
        if (Module().Match(path) is { Success: true } module)
        {
            CompressionFormat compression = module.Groups["compression"].Value switch
            {
                ".xz" => CompressionFormat.Xz,
                ".zst" => CompressionFormat.Zstd,
                ".gz" => CompressionFormat.Gzip,
                _ => CompressionFormat.None,
            };
            return new ImageMember(ImageMemberKind.Module, KernelPackageLayout.ModuleName(module.Groups["name"].Value), module.Groups["release"].Value, compression);
        }

        Match kernel = InModules().Match(path);
        if (!kernel.Success) { kernel = InBoot().Match(path); }
        if (!kernel.Success) { return null; }
        ImageMemberKind kind = kernel.Groups["file"].Value == "System.map" ? ImageMemberKind.SystemMap : ImageMemberKind.BootImage;
        return new ImageMember(kind, "vmlinux", kernel.Groups["release"].Value);
    }

    [GeneratedRegex(@"(^|/)(usr/)?lib/modules/(?<release>[A-Za-z0-9._+~^-]+)/(?<file>vmlinuz|Image|System\.map)\z", RegexOptions.CultureInvariant)]
    private static partial Regex InModules();

    [GeneratedRegex(@"(^|/)boot/(?<file>vmlinuz|System\.map)-(?<release>[A-Za-z0-9._+~^-]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex InBoot();

    [GeneratedRegex(@"(^|/)(usr/)?lib/modules/(?<release>[A-Za-z0-9._+~^-]+)/(.*/)?(?<name>[A-Za-z0-9._-]+)\.ko(?<compression>\.xz|\.zst|\.gz)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Module();
}
