// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "picture.h"

#include <QDir>
#include <QFile>
#include <QPainter>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// Each main view of the window, in light and dark, at scale 1 and 2, in English and in a pseudo-translation
/// that is 40 % longer: nothing is cut off or overlaps, and it looks as it looked when the pictures in
/// data/views were made. With CUTOVER_UPDATE_GOLDEN=1 it makes them.
class TestViews : public QObject
{
    Q_OBJECT
private:
    static constexpr int deadlineMs = 580'000;
    /// So many blocks may differ from a picture that was made on another machine.
    static constexpr qsizetype toleratedBlocks = 4;
    QTemporaryDir m_folder;

    static bool updates() { return qEnvironmentVariableIntValue("CUTOVER_UPDATE_GOLDEN") > 0; }

    static QString textOf(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }

    static bool writeText(const QString& path, const QString& text)
    {
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) >= 0;
    }

    /// Where gettext finds a locale of its own; C and C.UTF-8 are never translated.
    QString makeLocale() const
    {
        const QString folder = m_folder.filePath(u"locale"_s);
        const QString present = u"/usr/lib/locale/C.utf8"_s;
        if (QFile::exists(present) && QDir().mkpath(folder))
            QFile::link(present, folder + u"/en_US.utf8"_s);
        return folder;
    }

    /// The folder of the catalogue, or why there is none.
    static QString makePseudoTranslation(const QString& folder, QString* why)
    {
        for (const QString& tool : { u"python3"_s, u"xgettext"_s, u"msgfmt"_s }) {
            if (QStandardPaths::findExecutable(tool).isEmpty())
                *why = tool + u" is not installed"_s;
        }
        if (!why->isEmpty())
            return {};
        QProcess script;
        script.setProcessChannelMode(QProcess::MergedChannels);
        script.start(
            u"python3"_s, { QStringLiteral(CUTOVER_PSEUDO), QStringLiteral(CUTOVER_SOURCE), folder });
        script.waitForFinished(deadlineMs);
        if (script.exitStatus() != QProcess::NormalExit || script.exitCode() != 0)
            *why = QString::fromUtf8(script.readAll());
        return folder;
    }

    /// Makes the pictures of all views; what the program said where it failed.
    QString render(
        const QString& output, const QString& scheme, int scale, const QSize& size, const QString& catalogue)
    {
        const QString settings = output + u"/home"_s;
        QDir().mkpath(settings);
        const QString screen = output + u"/screen.json"_s;
        const QString screens
            = uR"json({"screens":[{"name":"one","x":0,"y":0,"width":%1,"height":%2,"logicalDpi":96,"logicalBaseDpi":96,"dpr":1}]})json"_s;
        writeText(screen, screens.arg(size.width() * scale).arg(size.height() * scale));
        QProcessEnvironment environment;
        const QString locale = makeLocale();
        for (const QString& name :
            { u"HOME"_s, u"XDG_CONFIG_HOME"_s, u"XDG_DATA_HOME"_s, u"XDG_RUNTIME_DIR"_s })
            environment.insert(name, settings);
        // What is installed on the machine is not shown.
        environment.insert(u"PATH"_s, settings);
        environment.insert(u"TZ"_s, u"UTC"_s);
        environment.insert(u"LOCPATH"_s, locale);
        environment.insert(u"LC_ALL"_s, u"en_US.UTF-8"_s);
        environment.insert(u"QT_SCALE_FACTOR"_s, QString::number(scale));
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen:configfile="_s + screen);
        QStringList arguments{ u"--output"_s, output, u"--scheme"_s, scheme, u"--size"_s,
            u"%1x%2"_s.arg(size.width()).arg(size.height()) };
        if (!catalogue.isEmpty())
            arguments << u"--locale"_s << catalogue;
        QProcess program;
        program.setProcessEnvironment(environment);
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.start(QStringLiteral(CUTOVER_RENDER_VIEWS), arguments);
        const bool ended = program.waitForFinished(deadlineMs);
        const QString said = QString::fromUtf8(program.readAll());
        return ended && program.exitStatus() == QProcess::NormalExit && program.exitCode() == 0
            ? QString()
            : u"render_views failed: "_s + said;
    }

    static QStringList viewsIn(const QString& folder)
    {
        return QDir(folder).entryList({ u"*.png"_s }, QDir::Files, QDir::Name);
    }

    static QStringList layoutFaults(const QString& folder)
    {
        QStringList faults;
        for (const QString& picture : viewsIn(folder)) {
            const QString view = picture.chopped(4);
            for (const QString& fault :
                textOf(folder + u'/' + view + u".txt").split(u'\n', Qt::SkipEmptyParts))
                faults << view + u": "_s + fault;
        }
        return faults;
    }

    static QString compare(const QString& picture, const QString& golden, int scale, const QString& marked)
    {
        const QImage now = test::keptPicture(QImage(picture), scale).convertToFormat(QImage::Format_RGB32);
        const QImage then = QImage(golden).convertToFormat(QImage::Format_RGB32);
        if (then.isNull())
            return u"there is no %1"_s.arg(golden);
        if (now.size() != then.size())
            return u"%1×%2 in place of %3×%4"_s.arg(now.width())
                .arg(now.height())
                .arg(then.width())
                .arg(then.height());
        const QList<QRect> blocks = test::differences(now, then);
        if (blocks.size() <= toleratedBlocks)
            return {};
        QImage shown = now;
        QPainter painter(&shown);
        painter.setPen(Qt::red);
        for (const QRect& block : blocks)
            painter.drawRect(block);
        painter.end();
        shown.save(marked);
        const QRect first = blocks.first();
        return u"%1 blocks differ, the first at %2, %3; they are marked in %4"_s.arg(blocks.size())
            .arg(first.x())
            .arg(first.y())
            .arg(marked);
    }

private Q_SLOTS:
    void looksAsItShould_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<int>("scale");
        QTest::addColumn<bool>("pseudo");
        QTest::addColumn<QSize>("size");
        QTest::addColumn<bool>("kept"); ///< there are pictures of it
        const QString light = u"BreezeLight"_s;
        const QString dark = u"BreezeDark"_s;
        QTest::newRow("light-1-english") << light << 1 << false << QSize(1280, 800) << true;
        QTest::newRow("dark-1-english") << dark << 1 << false << QSize(1280, 800) << true;
        QTest::newRow("light-2-english") << light << 2 << false << QSize(1280, 800) << true;
        QTest::newRow("dark-2-pseudo") << dark << 2 << true << QSize(1280, 800) << true;
        QTest::newRow("light-1-pseudo-large") << light << 1 << true << QSize(1920, 1080) << false;
    }
    void looksAsItShould()
    {
        QFETCH(const QString, scheme);
        QFETCH(const int, scale);
        QFETCH(const bool, pseudo);
        QFETCH(const QSize, size);
        QFETCH(const bool, kept);
        const QString tag = QString::fromLatin1(QTest::currentDataTag());
        QString catalogue;
        if (pseudo) {
            QString why;
            catalogue = makePseudoTranslation(m_folder.filePath(u"catalogue"_s), &why);
            if (!why.isEmpty())
                QSKIP(qPrintable(u"no pseudo-translation: "_s + why));
            if (!QFile::exists(makeLocale() + u"/en_US.utf8"_s))
                QSKIP("there is no locale C.utf8 to make another one of");
        }
        const QString output = m_folder.filePath(tag);
        QVERIFY(QDir().mkpath(output));
        const QString trouble = render(output, scheme, scale, size, catalogue);
        QVERIFY2(trouble.isEmpty(), qPrintable(trouble));
        QVERIFY(viewsIn(output).size() > 12);

        const QStringList faults = layoutFaults(output);
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(u'\n')));
        if (!kept)
            return;

        const QString golden = QStringLiteral(CUTOVER_TEST_DATA "/views/") + tag;
        const QString environment = textOf(output + u"/environment.txt"_s);
        if (updates()) {
            QVERIFY(QDir().mkpath(golden));
            for (const QString& picture : viewsIn(output)) {
                if (picture == u"guide.png")
                    continue; // each edit of a page would change it
                QVERIFY(test::keptPicture(QImage(output + u'/' + picture), scale)
                        .save(golden + u'/' + picture, "PNG", 0));
            }
            QVERIFY(writeText(golden + u"/environment.txt"_s, environment));
            return;
        }
        if (viewsIn(golden).isEmpty())
            QSKIP("no pictures of it are kept");
        if (textOf(golden + u"/environment.txt"_s) != environment)
            QSKIP(
                qPrintable(u"the pictures were made with other fonts or another Qt: here "_s + environment));
        QStringList differing;
        const QString marked = QStringLiteral(CUTOVER_MARKED);
        for (const QString& picture : viewsIn(golden)) {
            const QString difference = compare(output + u'/' + picture, golden + u'/' + picture, scale,
                marked + u'/' + tag + u'-' + picture);
            if (!difference.isEmpty())
                differing << picture.chopped(4) + u": "_s + difference;
        }
        QVERIFY2(differing.isEmpty(), qPrintable(differing.join(u'\n')));
    }

    /// What the tolerance is worth.
    void findsWhatMoved()
    {
        QImage one(320, 200, QImage::Format_RGB32);
        one.fill(Qt::white);
        const auto drawn = [&one](int x, int width) {
            QImage image = one;
            QPainter painter(&image);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::black);
            painter.drawRoundedRect(QRect(x, 40, width, 24), 3, 3);
            painter.drawText(QRect(x + 8, 40, width - 16, 24), Qt::AlignVCenter, u"Migrate"_s);
            return test::keptPicture(image, 1);
        };
        QCOMPARE(test::differences(drawn(20, 120), drawn(20, 120)), QList<QRect>());
        QVERIFY(test::differences(drawn(20, 120), drawn(26, 120)).size() > toleratedBlocks);
        QVERIFY(test::differences(drawn(20, 120), drawn(20, 50)).size() > toleratedBlocks);
    }
};

QTEST_MAIN(TestViews)
#include "tst_views.moc"
