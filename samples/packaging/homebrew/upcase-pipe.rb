# A formula for a tap of one's own (TAP/Formula/upcase-pipe.rb). The project has no
# address yet: "upcase-pipe.invalid" and the sum of zeros stand for what the
# release is published under. `make release-check` writes a copy in which both are
# filled in; see samples/packaging/README.md.
class UpcasePipe < Formula
  desc "Turn text to upper case, in every script, losing nothing"
  homepage "https://upcase-pipe.invalid/"
  url "https://upcase-pipe.invalid/upcase-pipe-1.0.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license all_of: ["MIT", "Unicode-3.0"]

  depends_on "pkgconf" => :build
  depends_on "libdeflate"

  uses_from_macos "zlib"

  # Loaded by soname, which on macOS is another one.
  on_linux do
    depends_on "libedit"
    depends_on "xz"
    depends_on "zstd"
  end

  def install
    args = []
    args += %w[--without-isal --without-libedit --without-xz --without-zstd] if OS.mac?
    system "./configure", *args, *std_configure_args
    system "make", "install"
  end

  test do
    program = bin/"upcase-pipe"
    assert_equal "STRASSE, ЖИЗНЬ\n", pipe_output(program, "straße, жизнь\n", 0)
    assert_match version.to_s, shell_output("#{program} --version")

    (testpath/"a.txt").write "one\n"
    system program, "-o", "all.gz", "a.txt"
    system program, "-o", "all.gz", "a.txt"
    assert_equal "ONE\nONE\n", shell_output("gzip -dc all.gz")
  end
end
