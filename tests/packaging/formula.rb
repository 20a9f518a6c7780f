# formula.rb FORMULA PREFIX FOLDER - as much of Homebrew as our formula wants: it
# is installed into PREFIX from the source in the working directory, then its test
# is run in FOLDER.
require "pathname"

OS = Class.new { def self.mac? = false }


# What a formula says of itself.
class Formula
  WORDS = %i[desc homepage url sha256 license].freeze
  class << self
    WORDS.each do |word|
      define_method(word) do |*value|
        said[word] = value.first unless value.empty?
        said[word]
      end
    end

    def said = @said ||= {}
    def depends_on(name) = (said[:needs] ||= []) << name
    def uses_from_macos(name) = depends_on(name)
    def on_linux = yield
    def test(&block) = said[:test] = block
  end

  attr_reader :prefix, :testpath

  def initialize(prefix, testpath)
    @prefix = Pathname(prefix)
    @testpath = Pathname(testpath)
  end

  def bin = prefix/"bin"
  def version = self.class.url[/-([0-9.]+)\.tar\.gz\z/, 1]

  def std_configure_args
    ["--disable-debug", "--disable-dependency-tracking", "--prefix=#{prefix}",
     "--libdir=#{prefix}/lib"]
  end

  # As Homebrew's, not as Ruby's: what fails ends it.
  def system(*command)
    Kernel.system(*command.map(&:to_s), exception: true)
  end

  def shell_output(command)
    output = `#{command}`
    raise "#{command}: #{$?}" unless $?.success?

    output
  end

  def pipe_output(command, input, status)
    output = IO.popen(command.to_s, "r+") do |pipe|
      pipe.write(input)
      pipe.close_write
      pipe.read
    end
    assert_equal status, $?.exitstatus
    output
  end

  def assert_equal(wanted, found)
    raise "wanted #{wanted.inspect}, found #{found.inspect}" if wanted != found
  end

  def assert_match(wanted, found)
    raise "no #{wanted.inspect} in #{found.inspect}" unless found.include?(wanted)
  end

  def try
    Dir.chdir(testpath) { instance_exec(&self.class.said[:test]) }
  end
end

formula, prefix, folder = ARGV
require File.expand_path(formula)
missing = Formula::WORDS.reject { |word| UpcasePipe.public_send(word) }
raise "not said: #{missing}" unless missing.empty?
raise "desc is longer than 80 characters" if UpcasePipe.desc.length > 80

it = UpcasePipe.new(prefix, folder)
it.install
it.try
puts "installed and tested #{it.version}, with #{UpcasePipe.said[:needs].inspect}"
