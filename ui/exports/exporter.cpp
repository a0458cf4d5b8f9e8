// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "exports/exporter.h"

#include "actions.h"
#include "sessionmodel.h"

#include "report/report.h"
#include "timeline/export.h"
#include "timeline/recording.h"

#include <KLocalizedString>

#include <QAction>
#include <QBuffer>
#include <QCoreApplication>
#include <QDateTime>
#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>
#include <QSaveFile>
#include <QThreadPool>

#include <vector>

namespace cutover::ui {

using namespace Qt::StringLiterals;
using timeline::Event;

namespace {

/// As a file would hold it that was saved now; nothing where that is too long for a page.
std::optional<QByteArray> recordingOf(
    const timeline::RecordingHeader& header, const std::vector<Event>& events)
{
    QByteArray recording = timeline::recordingLine(header);
    for (const Event& event : events) {
        recording += timeline::recordingLine(event);
        if (recording.size() > report::maxEmbedded)
            return std::nullopt;
    }
    return recording;
}

QByteArray reportOf(const std::vector<Event>& events, const QString& path)
{
    const timeline::RecordingHeader header{
        .created = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs),
        .program = QStringLiteral("cutover " CUTOVER_VERSION),
    };
    return report::htmlReport({ .events = events,
        .header = header,
        .fileName = QFileInfo(path).completeBaseName() + u".cutover"_s,
        .recording = recordingOf(header, events) });
}

QByteArray made(
    const std::vector<Event>& events, const QImage& picture, const QString& path, Exporter::Format format)
{
    switch (format) {
    case Exporter::Format::Report:
        return reportOf(events, path);
    case Exporter::Format::Svg:
        return report::timelinePicture(events);
    case Exporter::Format::Csv:
        return timeline::toCsv(events);
    case Exporter::Format::Perfetto:
        return timeline::toPerfetto(events);
    case Exporter::Format::Json:
        return timeline::toJson(events);
    case Exporter::Format::Png:
        break;
    }
    QByteArray png;
    QBuffer buffer(&png);
    if (!buffer.open(QIODevice::WriteOnly) || !picture.save(&buffer, "PNG"))
        return {};
    return png;
}

Result<void> write(const QByteArray& content, const QString& path)
{
    QSaveFile file(path);
    if (content.isEmpty() || !file.open(QIODevice::WriteOnly) || file.write(content) != content.size()
        || !file.commit())
        return failure(ErrorCode::System, i18n("write the export to"), path,
            content.isEmpty() ? i18n("there is nothing to draw") : file.errorString(),
            i18n("Choose another folder."));
    return {};
}

} // namespace

Exporter::Exporter(const SessionModel* session, std::function<QImage()> picture, QWidget* window)
    : QObject(window)
    , m_session(session)
    , m_picture(std::move(picture))
    , m_window(window)
{
}

void Exporter::addActions(Actions& actions)
{
    const auto add = [&](const char* id, const QString& text, const char* icon, Qt::Key key,
                         const QList<Choice>& choices) {
        QAction* action = actions.add(i18n("File"), QString::fromLatin1(id), text, QString::fromLatin1(icon),
            QKeySequence(Qt::CTRL | Qt::SHIFT | key), this);
        const QString title = QString(text).remove(u'…');
        connect(action, &QAction::triggered, this, [this, title, choices] { choose(title, choices); });
        m_actions.append(action);
    };
    add("export_report", i18n("Save Report…"), "text-html", Qt::Key_H,
        { { Format::Report, i18n("Report for any browser"), u"html"_s } });
    add("export_picture", i18n("Save Picture of the Timeline…"), "image-x-generic", Qt::Key_G,
        { { Format::Svg, i18n("Drawing of the whole migration"), u"svg"_s },
            { Format::Png, i18n("Picture of what the timeline shows"), u"png"_s } });
    add("export_data", i18n("Export the Recording…"), "document-export", Qt::Key_X,
        { { Format::Csv, i18n("Comma-separated values"), u"csv"_s },
            { Format::Perfetto, i18n("Trace for Perfetto"), u"perfetto.json"_s },
            { Format::Json, i18n("All events as JSON"), u"json"_s } });
    updateActions();
}

void Exporter::updateActions()
{
    if (m_actions.isEmpty())
        return;
    const Result<void> canExport = m_session->record().whole().empty()
        ? failure(ErrorCode::Refused, i18n("export"), {}, i18n("nothing is recorded yet"))
        : Result<void>();
    allow(m_actions[0], canExport,
        i18n("One file that tells all of it to somebody who does not have Cutover; the recording is in it"));
    allow(m_actions[1], canExport, i18n("As SVG or PNG, for a document or a message"));
    allow(m_actions[2], canExport, i18n("All events for a spreadsheet, a script, or the Perfetto UI"));
}

QString Exporter::suggestedName() const
{
    QString name = m_session->endpoint(Side::Source).name;
    // A name from a VMM is no path.
    for (QChar& c : name) {
        if (!c.isLetterOrNumber() && c != u'-' && c != u'_')
            c = u'-';
    }
    return name.isEmpty() ? u"migration"_s : name.left(60);
}

void Exporter::choose(const QString& title, const QList<Choice>& choices)
{
    QStringList filters;
    for (const Choice& choice : choices)
        filters.append(choice.name + u" (*."_s + choice.suffix + u')');
    auto* dialog = new QFileDialog(m_window, title, {}, filters.join(u";;"_s));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(choices.first().suffix);
    dialog->selectFile(suggestedName() + u'.' + choices.first().suffix);
    const auto chosen = [dialog, choices, filters]() -> const Choice& {
        return choices[std::max<qsizetype>(filters.indexOf(dialog->selectedNameFilter()), 0)];
    };
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog, chosen, this] {
        dialog->setDefaultSuffix(chosen().suffix);
        dialog->selectFile(suggestedName() + u'.' + chosen().suffix);
    });
    connect(dialog, &QFileDialog::fileSelected, this,
        [this, chosen](const QString& path) { save(path, chosen().format); });
    dialog->open();
}

void Exporter::save(const QString& path, Format format)
{
    const auto events = m_session->record().whole();
    const QImage picture = format == Format::Png ? m_picture() : QImage();
    QThreadPool::globalInstance()->start(
        [self = QPointer(this), path, format, picture, copy = std::vector(events.begin(), events.end())] {
            const Result<void> result = write(made(copy, picture, path, format), path);
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [self, path, result] {
                    if (!self)
                        return;
                    if (result)
                        Q_EMIT self->saved(path);
                    else
                        Q_EMIT self->failed(result.error());
                },
                Qt::QueuedConnection);
        });
}

} // namespace cutover::ui
