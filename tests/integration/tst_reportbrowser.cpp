// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "browser.h"

#include "report/report.h"
#include "timeline/recording.h"

#include <QDir>
#include <QFile>
#include <QUrl>

using namespace cutover;
using namespace Qt::StringLiterals;

/// The report as its reader sees it: in a browser.
class TestReportBrowser : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase() { m_browser.reset(); }
    void init() { QTest::failOnWarning(); }
    void showsWithoutFault_data();
    void showsWithoutFault();
    void noticesFaults();
    void followsTheColourScheme();
    void givesTheRecordingBack();

private:
    void show(int width, const QString& scheme);
    QString faults() const;

    QTemporaryDir m_folder;
    QByteArray m_recording;
    QUrl m_page;
    std::unique_ptr<test::Browser> m_browser;
};

static QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void TestReportBrowser::initTestCase()
{
    if (test::Browser::program().isEmpty())
        QSKIP("no Chromium is installed here (CUTOVER_BROWSER names one)");
    const QString path = QStringLiteral(CUTOVER_TEST_DATA "/recordings/vmm-prepared.cutover");
    m_recording = contentOf(path);
    const auto recording = timeline::readRecording(path);
    QVERIFY(m_folder.isValid() && recording);
    QFile page(m_folder.filePath(u"report.html"_s));
    QVERIFY(page.open(QIODevice::WriteOnly));
    page.write(report::htmlReport({ .events = recording->events,
        .header = recording->header,
        .fileName = u"update.cutover"_s,
        .recording = m_recording }));
    page.close();
    m_page = QUrl::fromLocalFile(page.fileName());
    m_browser = std::make_unique<test::Browser>();
    if (!m_browser->start())
        QSKIP(qPrintable(u"the browser does not work here: "_s + m_browser->log().right(2000)));
    for (const char* domain : { "Page.enable", "Runtime.enable", "Log.enable", "Network.enable" })
        m_browser->call(domain);
}

void TestReportBrowser::show(int width, const QString& scheme)
{
    m_browser->clear();
    m_browser->call("Emulation.setDeviceMetricsOverride",
        { { u"width"_s, width }, { u"height"_s, 900 }, { u"deviceScaleFactor"_s, 1 },
            { u"mobile"_s, false } });
    m_browser->call("Emulation.setEmulatedMedia",
        { { u"features"_s,
            QJsonArray{
                QJsonObject{ { u"name"_s, u"prefers-color-scheme"_s }, { u"value"_s, scheme } } } } });
    m_browser->call("Page.navigate", { { u"url"_s, m_page.toString() } });
    QTRY_VERIFY(!m_browser->events("Page.loadEventFired").empty());
}

/// What the page complained of, and what it wanted from elsewhere; empty is well.
QString TestReportBrowser::faults() const
{
    QStringList found;
    for (const char* method : { "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded" }) {
        for (const QJsonObject& event : m_browser->events(method))
            found.append(QString::fromUtf8(QJsonDocument(event).toJson(QJsonDocument::Compact)));
    }
    for (const QJsonObject& request : m_browser->events("Network.requestWillBeSent")) {
        const QString url = request[u"request"][u"url"].toString();
        if (url != m_page.toString() && !url.startsWith(u"data:") && !url.startsWith(u"blob:"))
            found.append(u"asks for "_s + url);
    }
    return found.join(u'\n');
}

void TestReportBrowser::showsWithoutFault_data()
{
    QTest::addColumn<int>("width");
    QTest::addColumn<QString>("scheme");
    for (const int width : { 1280, 600 }) {
        for (const char* scheme : { "light", "dark" })
            QTest::addRow("%d, %s", width, scheme) << width << QString::fromLatin1(scheme);
    }
}

void TestReportBrowser::showsWithoutFault()
{
    QFETCH(const int, width);
    QFETCH(const QString, scheme);
    show(width, scheme);
    QCOMPARE(m_browser->value(u"document.querySelectorAll('h1').length"_s).toInt(), 1);
    QCOMPARE(m_browser->value(u"window.innerWidth"_s).toInt(), width);
    for (const char* details : { "false", "true" }) {
        m_browser->value(u"document.querySelectorAll('details').forEach(part => { part.open = %1; })"_s.arg(
            QString::fromLatin1(details)));
        QVERIFY(m_browser
                ->value(u"document.documentElement.scrollWidth"
                        " <= document.documentElement.clientWidth"_s)
                .toBool());
    }
    // Every part of the drawing lies in it.
    const int drawings = m_browser->value(u"document.querySelectorAll('svg.timeline').length"_s).toInt();
    QVERIFY(drawings >= 1);
    QCOMPARE(m_browser
                 ->value(u"[...document.querySelectorAll('svg.timeline')].filter(svg => {"
                         "const box = svg.getBoundingClientRect();"
                         "return box.width > 400 && box.height > 100;}).length"_s)
                 .toInt(),
        drawings);
    QCOMPARE(m_browser
                 ->value(u"[...document.querySelectorAll('nav a')].filter("
                         "link => !document.querySelector(link.hash)).length"_s)
                 .toInt(-1),
        0);
    QCOMPARE(faults(), QString());
}

/// What the silence above is worth.
void TestReportBrowser::noticesFaults()
{
    show(1280, u"light"_s);
    QCOMPARE(faults(), QString());
    m_browser->value(u"new Image().src = 'http://127.0.0.1:9/outside.png'; 0"_s);
    QTRY_VERIFY(faults().contains(u"outside.png"_s));
    show(1280, u"light"_s);
    m_browser->value(u"console.error('wrong')"_s);
    QTRY_VERIFY(faults().contains(u"wrong"_s));
}

void TestReportBrowser::followsTheColourScheme()
{
    QStringList pages;
    QStringList drawings;
    for (const QString& scheme : { u"light"_s, u"dark"_s }) {
        show(1280, scheme);
        pages << m_browser->value(u"getComputedStyle(document.body).backgroundColor"_s).toString();
        drawings << m_browser->value(u"getComputedStyle(document.querySelector('.tl-background')).fill"_s)
                        .toString();
    }
    QVERIFY(pages[0] != pages[1]);
    QCOMPARE(drawings, pages);
}

void TestReportBrowser::givesTheRecordingBack()
{
    show(1280, u"light"_s);
    const QString folder = m_folder.filePath(u"downloads"_s);
    QVERIFY(QDir().mkpath(folder));
    m_browser->call("Browser.setDownloadBehavior",
        { { u"behavior"_s, u"allow"_s }, { u"downloadPath"_s, folder }, { u"eventsEnabled"_s, true } });
    m_browser->value(u"document.querySelector('a[data-recording]').click()"_s);
    const QString path = folder + u"/update.cutover"_s;
    QTRY_COMPARE(contentOf(path), m_recording);
    const auto recording = timeline::readRecording(path);
    QVERIFY(recording && !recording->damage.isDamaged() && !recording->events.empty());
    QCOMPARE(faults(), QString());
}

QTEST_GUILESS_MAIN(TestReportBrowser)
#include "tst_reportbrowser.moc"
