// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "programrun.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace cutover::cli;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestCliUsage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        qputenv("XDG_RUNTIME_DIR", m_dir.path().toLocal8Bit());
    }
    void usageErrors_data();
    void usageErrors();
    void helpTeaches_data();
    void helpTeaches();
    void overviewListsEveryCommand();
    void version();
    void manualIsComplete_data();
    void manualIsComplete();
    void completionsAreComplete_data();
    void completionsAreComplete();
    void sizes_data();
    void sizes();
    void mostLikeFindsTypos();

private:
    QTemporaryDir m_dir;
};

static QString contents(const QString& name)
{
    QFile file(QStringLiteral(CUTOVER_SOURCE) + u'/' + name);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

void TestCliUsage::usageErrors_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QString& arguments, const QString& says) {
        QTest::newRow(name) << arguments.split(u' ', Qt::SkipEmptyParts) << says;
    };
    row("nothing", u""_s, u"there is no command"_s);
    row("unknown command", u"frobnicate"_s, u"there is no command 'frobnicate'"_s);
    row("mistyped command", u"lst"_s, u"Did you mean 'list'?"_s);
    row("begun command", u"migr"_s, u"Did you mean 'migrate'?"_s);
    row("unknown option", u"list --colour"_s, u"there is no option '--colour'"_s);
    row("mistyped option", u"list --jsn"_s, u"Did you mean --json?"_s);
    row("unknown letter", u"list -z"_s, u"there is no option '-z'"_s);
    row("argument too many", u"list extra"_s, u"'extra' is one argument too many"_s);
    row("value missing", u"check --source"_s, u"--source"_s);
    row("value empty", u"check --source="_s, u"--source needs a value"_s);
    row("option twice", u"check --source pid:1 --source pid:2"_s, u"more than once"_s);
    row("value for a flag", u"list --json=yes"_s, u"json"_s);
    row("no source", u"check"_s, u"--source is missing"_s);
    row("source is a number", u"check --source 1234"_s, u"Did you mean --source pid:1234?"_s);
    row("source is a path", u"check --source /run/vm.sock"_s, u"Did you mean --source qmp:/run/vm.sock?"_s);
    row("source is a word", u"check --source vm"_s, u"'vm' names no source"_s);
    row("pid is a word", u"check --source pid:vm"_s, u"'pid:vm' names no source"_s);
    row("pid is negative", u"check --source pid:-1"_s, u"'pid:-1' names no source"_s);
    row("unknown mode", u"check --source pid:1 --mode cpr-magic"_s, u"cpr-transfer, normal"_s);
    row("unknown incoming", u"check --source pid:1 --incoming tcp"_s, u"defer, uri"_s);
    row("destination without channel", u"check --source pid:1 --destination qmp:/x"_s,
        u"names no CPR channel"_s);
    row("destination without monitor", u"check --source pid:1 --destination cpr:/x"_s,
        u"names no QMP socket"_s);
    row("destination unknown", u"check --source pid:1 --destination ssh:/x"_s, u"'ssh:/x'"_s);
    row("destination and command", u"check --source pid:1 --destination derive -- qemu"_s,
        u"excludes --destination"_s);
    row("binary and introduced command", u"check --source pid:1 --binary q --destination -- qemu"_s,
        u"excludes --destination"_s);
    row("introduced command missing", u"check --source pid:1 --destination --"_s, u"no command after '--'"_s);
    row("binary and command", u"check --source pid:1 --binary q -- qemu"_s, u"excludes --destination"_s);
    row("binary and attached", u"check --source pid:1 --binary q --destination qmp:/x,cpr:/y"_s,
        u"started here"_s);
    row("command missing", u"check --source pid:1 --"_s, u"no command after '--'"_s);
    row("command not taken", u"list -- qemu"_s, u"have no meaning here"_s);
    row("nobody to ask", u"migrate --source pid:1"_s, u"--yes is missing"_s);
    row("JSON asks nobody", u"migrate --source pid:1 --json"_s, u"--json needs --yes"_s);
    row("time limit zero", u"migrate --source pid:1 --yes --time-limit 0"_s, u"'0' is no time limit"_s);
    row("time limit a word", u"migrate --source pid:1 --yes --time-limit soon"_s,
        u"'soon' is no time limit"_s);
    row("recording missing", u"show"_s, u"RECORDING is missing"_s);
    row("two recordings", u"show a b"_s, u"'b' is one argument too many"_s);
    row("migration zero", u"show a --migration 0"_s, u"from 1 on"_s);
    row("no format", u"export a"_s, u"the format is missing"_s);
    row("colours of a table", u"export a --csv --colours dark"_s, u"--colours is for --svg and --png"_s);
    row("unknown colours", u"export a --png --colours pink"_s, u"--colours"_s);
    row("scale of a drawing", u"export a --svg --scale 2"_s, u"--scale is for --png"_s);
    row("scale is a word", u"export a --png --scale big"_s, u"'big' is no factor"_s);
    row("scale of nothing", u"export a --png --scale 0"_s, u"'0' is no factor"_s);
    row("scale beyond measure", u"export a --png --scale nan"_s, u"'nan' is no factor"_s);
    row("two formats", u"export a --csv --json"_s, u"only one format"_s);
    row("inspect nothing", u"inspect"_s, u"neither a FILE nor --listen"_s);
    row("inspect both", u"inspect a --listen b"_s, u"exclude each other"_s);
    row("limit without listen", u"inspect a --time-limit 3"_s, u"belongs to --listen"_s);
    row("forward alone", u"inspect --forward /a"_s, u"--listen and --forward belong together"_s);
    row("main listen alone", u"inspect --main-listen /a"_s, u"belong together"_s);
    row("relay to itself", u"inspect --listen /a --forward /a"_s, u"are the same address"_s);
    row("relay to a strange address", u"inspect --main-listen /a --main-forward tcp:h"_s, u"tcp:h"_s);
    row("relay and file", u"inspect f --listen /a --forward /b"_s, u"exclude each other"_s);
    row("record without relay", u"inspect --listen /a --record r"_s, u"--record belongs to"_s);
    row("fault without relay", u"migrate --source pid:1 --yes --fault cut:cpr:1"_s,
        u"--fault cut:cpr:1 needs --relay"_s);
    row("unknown fault", u"migrate --source pid:1 --yes --relay --fault break:it"_s, u"no such fault"_s);
    row("i-know alone", u"migrate --source pid:1 --yes --i-know x"_s, u"--i-know belongs to --fault"_s);
    row("unknown vmm", u"demo --vmm xen"_s, u"--vmm cannot be 'xen'"_s);
    row("unknown accelerator", u"demo --accel hax"_s, u"kvm, tcg"_s);
    row("no size", u"demo --ram much"_s, u"'much' is no size"_s);
    row("size zero", u"demo --ram 0"_s, u"'0' is no size"_s);
    row("bare QEMU", u"demo --vmm qemu --bare"_s, u"--bare is for the embedded VMM"_s);
    row("set without a name", u"runs --set ram=1G"_s, u"has no name"_s);
    row("unknown setting", u"runs --set A:colour=red"_s, u"there is no setting 'colour'"_s);
    row("second set is wrong", u"runs --set A --set B:ram=0"_s, u"--set 'B:ram=0'"_s);
    row("runs of one's own", u"runs --set A:source=pid:1"_s, u"--yes is missing"_s);
    row("no runs", u"runs --count 0"_s, u"--count cannot be '0'"_s);
    row("show and set", u"runs --show x --set A"_s, u"--set has no meaning"_s);
    row("rescue two ways", u"rescue --pair /x --source pid:1"_s, u"exclude each other"_s);
    row("rescue to nowhere", u"rescue --to moon"_s, u"source, destination"_s);
}

void TestCliUsage::usageErrors()
{
    QFETCH(const QStringList, arguments);
    QFETCH(const QString, says);
    const auto run = runProgram(arguments);
    QCOMPARE(run.code, 2);
    QCOMPARE(run.out, QString());
    QVERIFY2(run.err.contains(says), qPrintable(run.err));
    QVERIFY2(run.err.startsWith("cutoverctl"_L1), qPrintable(run.err));
    QCOMPARE_LE(run.err.count(u'\n'), 2);
}

void TestCliUsage::helpTeaches_data()
{
    QTest::addColumn<int>("index");
    const auto commands = allCommands();
    for (int i = 0; i < commands.size(); ++i)
        QTest::newRow(qPrintable(commands[i].spec().name)) << i;
}

void TestCliUsage::helpTeaches()
{
    QFETCH(const int, index);
    const CommandSpec spec = allCommands()[index].spec();
    for (const int width : { 60, 80, 200 }) {
        const auto run = runProgram({ spec.name, u"--help"_s }, { .width = width });
        QCOMPARE(run.code, 0);
        QCOMPARE(run.err, QString());
        for (const OptionSpec& option : spec.options)
            QVERIFY2(run.out.contains(u"--"_s + option.name), qPrintable(option.name));
        for (const ExampleSpec& example : spec.examples)
            QVERIFY2(run.out.contains(example.command), qPrintable(example.command));
        QVERIFY(!spec.examples.isEmpty());
        QVERIFY(spec.exitCodes.size() >= 2);
        QVERIFY(!run.out.contains(u'\x1b'));
    }
    QCOMPARE(runProgram({ u"help"_s, spec.name }).out, runProgram({ spec.name, u"-h"_s }).out);
}

void TestCliUsage::overviewListsEveryCommand()
{
    const auto run = runProgram({ u"--help"_s });
    QCOMPARE(run.code, 0);
    for (const auto& command : allCommands())
        QVERIFY(run.out.contains(command.spec().summary));
}

void TestCliUsage::version()
{
    const auto run = runProgram({ u"--version"_s });
    QCOMPARE(run.code, 0);
    static const QRegularExpression form(u"^cutoverctl \\d+\\.\\d+\\.\\d+\n$"_s);
    QVERIFY(form.match(run.out).hasMatch());
}

void TestCliUsage::manualIsComplete_data()
{
    helpTeaches_data();
}

void TestCliUsage::manualIsComplete()
{
    QFETCH(const int, index);
    const CommandSpec spec = allCommands()[index].spec();
    const QString manual = contents(u"packaging/man/cutoverctl.1"_s);
    QVERIFY(!manual.isEmpty());
    const qsizetype start = manual.indexOf(u".It Cm "_s + spec.name + u'\n');
    QVERIFY2(start > 0, "the command has no section");
    qsizetype end = manual.indexOf(u"\n.It Cm "_s, start + 1);
    QString section = manual.sliced(start, (end < 0 ? manual.size() : end) - start);
    if (spec.name == u"migrate"_s) {
        const qsizetype check = manual.indexOf(u".It Cm check\n"_s);
        section += manual.sliced(check, start - check);
    }
    for (const OptionSpec& option : spec.options) {
        const QRegularExpression flag(u"\\.It Fl (?:%1 , )?-%2\\b"_s.arg(
            option.letter.isEmpty() ? u"\\w"_s : option.letter, option.name));
        QVERIFY2(flag.match(section).hasMatch(), qPrintable(option.name));
        for (const QString& choice : option.choices)
            QVERIFY2(section.contains(choice), qPrintable(choice));
    }
    // And nothing that the command does not have.
    if (spec.name == u"migrate"_s)
        return;
    static const QRegularExpression any(u"\\.It Fl (?:\\w , )?-([a-z][a-z-]*)"_s);
    for (auto match = any.globalMatch(section); match.hasNext();) {
        const QString name = match.next().captured(1);
        QVERIFY2(
            std::ranges::any_of(spec.options, [&](const OptionSpec& option) { return option.name == name; }),
            qPrintable(name));
    }
}

void TestCliUsage::completionsAreComplete_data()
{
    helpTeaches_data();
}

void TestCliUsage::completionsAreComplete()
{
    QFETCH(const int, index);
    const CommandSpec spec = allCommands()[index].spec();
    QStringList expected;
    for (const OptionSpec& option : spec.options) {
        expected << u"--"_s + option.name;
        if (!option.letter.isEmpty())
            expected << u"-"_s + option.letter;
    }
    expected.sort();

    const QString bash = contents(u"packaging/completion/cutoverctl.bash"_s);
    const QRegularExpression entry(
        u"^    %1\\) options='([^']*)'"_s.arg(spec.name), QRegularExpression::MultilineOption);
    const auto match = entry.match(bash);
    QVERIFY2(match.hasMatch(), "bash does not know the command");
    QStringList offered = match.captured(1).split(u' ');
    offered.sort();
    QCOMPARE(offered, expected);
    for (const OptionSpec& option : spec.options) {
        if (!option.choices.isEmpty())
            QVERIFY2(bash.contains(u"'"_s + option.choices.join(u' ') + u"'"_s), qPrintable(option.name));
    }

    const QString zsh = contents(u"packaging/completion/_cutoverctl"_s);
    QVERIFY(zsh.contains(u"'%1:"_s.arg(spec.name)));
    const qsizetype start = zsh.indexOf(
        QRegularExpression(u"^        %1\\)"_s.arg(spec.name), QRegularExpression::MultilineOption));
    QVERIFY2(start > 0, "zsh does not know the command");
    QString section = zsh.sliced(start, zsh.indexOf(u";;"_s, start) - start);
    if (section.contains(u"$request"_s))
        section += zsh.sliced(zsh.indexOf(u"request=("_s),
            zsh.indexOf(u"\n    )"_s, zsh.indexOf(u"request=("_s)) - zsh.indexOf(u"request=("_s));
    for (const OptionSpec& option : spec.options) {
        const QRegularExpression word(u"--%1\\b"_s.arg(option.name));
        QVERIFY2(word.match(section).hasMatch(), qPrintable(option.name));
    }
}

void TestCliUsage::sizes_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("bytes"); // -1: refused
    QTest::newRow("bare") << u"512"_s << (qint64{ 512 } << 20);
    QTest::newRow("kibi") << u"4096k"_s << (qint64{ 4 } << 20);
    QTest::newRow("mebi") << u"64M"_s << (qint64{ 64 } << 20);
    QTest::newRow("gibi") << u"4G"_s << (qint64{ 4 } << 30);
    QTest::newRow("empty") << QString() << qint64{ -1 };
    QTest::newRow("unit alone") << u"G"_s << qint64{ -1 };
    QTest::newRow("negative") << u"-1G"_s << qint64{ -1 };
    QTest::newRow("fraction") << u"1.5G"_s << qint64{ -1 };
    QTest::newRow("unknown unit") << u"1X"_s << qint64{ -1 };
    QTest::newRow("overflow") << u"9223372036854775807G"_s << qint64{ -1 };
    QTest::newRow("too much") << u"1000000T"_s << qint64{ -1 };
}

void TestCliUsage::sizes()
{
    QFETCH(const QString, text);
    QFETCH(const qint64, bytes);
    QCOMPARE(parseSize(text).value_or(-1), bytes);
}

void TestCliUsage::mostLikeFindsTypos()
{
    const QStringList known{ u"list"_s, u"check"_s, u"migrate"_s };
    QCOMPARE(mostLike(u"lsit"_s, known), u"list"_s);
    QCOMPARE(mostLike(u"lis"_s, known), u"list"_s);
    QCOMPARE(mostLike(u"chekc"_s, known), u"check"_s);
    QCOMPARE(mostLike(u"chek"_s, known), u"check"_s);
    QCOMPARE(mostLike(u"migarte"_s, known), u"migrate"_s);
    QCOMPARE(mostLike(u"zzz"_s, known), QString());
}

QTEST_GUILESS_MAIN(TestCliUsage)
#include "tst_cliusage.moc"
