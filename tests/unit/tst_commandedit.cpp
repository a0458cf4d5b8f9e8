// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/commandedit.h"
#include "operator/reviewedcommand.h"

#include <QJsonArray>
#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;
using Kind = CommandChange::Kind;

/// The operator's edits of a derived command line.
class TestCommandEdit : public QObject
{
    Q_OBJECT
private:
    QStringList m_source{ u"/usr/bin/qemu"_s, u"-name"_s, u"web"_s, u"-machine"_s, u"q35"_s, u"-m"_s, u"1G"_s,
        u"-qmp"_s, u"unix:/run/vm.qmp,server=on,wait=off"_s, u"-serial"_s, u"file:/run/vm.log"_s,
        u"-daemonize"_s, u"disk.img"_s };

    static DeriveOptions options()
    {
        DeriveOptions options;
        options.binary = u"/opt/new/qemu"_s;
        options.machineType = u"pc-q35-10.0"_s;
        options.socketFolder = u"/run/c"_s;
        options.connectBackPath = u"/run/c/back"_s;
        options.cprFd = 9;
        options.tracePatterns = { u"cpr_*"_s };
        return options;
    }
    DerivedCommand derived(const QStringList& base, const QString& binary = u"/opt/new/qemu"_s)
    {
        DeriveOptions with = options();
        with.binary = binary;
        return derive(base, with).value_or(DerivedCommand());
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void noEditDerivesTheSame()
    {
        const DerivedCommand first = derived(m_source);
        const auto edit = undoDerivation(first, first.argv);
        QVERIFY(edit);
        QVERIFY(edit->missing.empty());
        QVERIFY(!edit->base.contains(u"-incoming"_s));
        QVERIFY(edit->base.contains(u"-daemonize"_s));
        const DerivedCommand again = derived(edit->base, {});
        QCOMPARE(again.argv, first.argv);
        QCOMPARE(again.moves, first.moves);
    }

    void editsStay()
    {
        const DerivedCommand first = derived(m_source);
        QStringList argv = first.argv;
        argv.replace(argv.indexOf(u"1G"_s), u"2G"_s);
        argv << u"-device"_s << u"virtio-rng-pci"_s;
        const auto edit = undoDerivation(first, argv);
        QVERIFY(edit);
        const DerivedCommand again = derived(edit->base, {});
        QVERIFY(again.argv.contains(u"2G"_s));
        QVERIFY(!again.argv.contains(u"1G"_s));
        QVERIFY(again.argv.contains(u"virtio-rng-pci"_s));
        QCOMPARE(again.argv.count(u"-incoming"_s), first.argv.count(u"-incoming"_s));
        QCOMPARE(again.moves, first.moves);

        const auto edits = compareCommands(m_source, edit->base, u"By you."_s);
        QCOMPARE(edits.size(), 3);
        QCOMPARE(edits[0].after, u"/opt/new/qemu"_s);
        QCOMPARE(edits[1].kind, Kind::Replaced);
        QCOMPARE(edits[1].before, u"-m 1G"_s);
        QCOMPARE(edits[1].after, u"-m 2G"_s);
        QCOMPARE(edits[2].kind, Kind::Added);
        QCOMPARE(edits[2].after, u"-device virtio-rng-pci"_s);
    }

    void replacedOptionsCanBeEdited()
    {
        const DerivedCommand first = derived(m_source);
        QStringList argv = first.argv;
        argv.replace(argv.indexOf(u"pc-q35-10.0"_s), u"pc-q35-9.2"_s);
        const auto edit = undoDerivation(first, argv);
        QVERIFY(edit);
        QVERIFY(edit->missing.empty());
        QVERIFY(edit->base.contains(u"pc-q35-9.2"_s));
    }

    void ownOptionsMustStay()
    {
        const DerivedCommand first = derived(m_source);
        for (const CommandChange& change : first.changes) {
            if (change.kind != Kind::Added)
                continue;
            QStringList argv;
            const auto line = CommandLine::parse(first.argv);
            QVERIFY(line);
            CommandLine without = *line;
            const auto own = std::ranges::find(without.options(), change.after, &CommandLine::Option::text);
            QVERIFY(own != without.options().end());
            without.options().erase(own);
            const auto edit = undoDerivation(first, without.argv());
            QVERIFY(edit);
            QCOMPARE(edit->missing.size(), 1);
            QCOMPARE(edit->missing[0].before, change.after);
            QVERIFY(!edit->missing[0].reason.isEmpty());
        }
    }

    void nothingIsAnError() { QVERIFY(!undoDerivation(derived(m_source), {})); }

    void reviewedCommandsAreKeptInRecords()
    {
        const DerivedCommand first = derived(m_source);
        ReviewedCommand command{ .argv = first.argv,
            .changes = first.changes,
            .edits = compareCommands(m_source, first.argv, u"By you."_s) };
        const auto read = fromAttributes(toAttributes(command));
        QVERIFY(read);
        QCOMPARE(read->argv, command.argv);
        QCOMPARE(read->changes.size(), command.changes.size());
        for (std::size_t i = 0; i < command.changes.size(); ++i) {
            QCOMPARE(read->changes[i].kind, command.changes[i].kind);
            QCOMPARE(read->changes[i].reason, command.changes[i].reason);
        }
        QVERIFY(!fromAttributes({}));
        QJsonObject damaged = toAttributes(command);
        damaged.insert(u"changes"_s, QJsonArray{ QJsonObject{ { u"kind"_s, u"turned"_s } } });
        QVERIFY(!fromAttributes(damaged));

        timeline::Event event{
            .category = timeline::Category::Action, .name = u"derived"_s, .attributes = toAttributes(command)
        };
        timeline::Event other{ .category = timeline::Category::Action, .name = u"note"_s, .attributes = {} };
        const std::vector events{ event, other };
        QVERIFY(lastReviewed(events));
        QVERIFY(!lastReviewed({}));
    }
};

QTEST_GUILESS_MAIN(TestCommandEdit)
#include "tst_commandedit.moc"
