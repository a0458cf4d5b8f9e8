// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "autorecord/automaticrecording.h"

#include "autorecord/recordingfolder.h"
#include "nextstep.h"
#include "preferences.h"
#include "sessionmodel.h"

#include "timeline/recording.h"

#include <KLocalizedString>

#include <QCoreApplication>
#include <QDir>

#include <utility>

namespace cutover::ui {

/// The half that lives on the thread.
class AutomaticRecording::Writer : public QObject
{
public:
    explicit Writer(AutomaticRecording* owner)
        : m_owner(owner)
    {
    }

    void open(
        const QString& folder, const QString& name, const QString& program, RecordingFolderLimits limits)
    {
        close();
        m_limits = limits;
        m_folder = folder;
        if (!QDir().mkpath(folder)) {
            Q_EMIT m_owner->failed({ .code = ErrorCode::System,
                .attempt = i18n("keep a recording"),
                .object = folder,
                .cause = i18n("the folder cannot be made"),
                .remedy = i18n("Choose another folder in the preferences.") });
            return;
        }
        m_recording = std::make_unique<timeline::RecordingWriter>();
        connect(m_recording.get(), &timeline::RecordingWriter::failed, m_owner, &AutomaticRecording::failed,
            Qt::DirectConnection);
        const QString path = QDir(folder).filePath(name);
        if (const auto opened = m_recording->open(path, program); !opened) {
            m_recording.reset();
            Q_EMIT m_owner->failed(opened.error());
            return;
        }
        Q_EMIT m_owner->started(path);
    }

    void append(const std::vector<timeline::Event>& events)
    {
        if (m_recording)
            m_recording->append(events);
    }

    void close()
    {
        if (!m_recording)
            return;
        const QString path = m_recording->path();
        const bool whole = m_recording->close().has_value();
        m_recording.reset();
        pruneRecordings(m_folder, m_limits);
        if (whole)
            Q_EMIT m_owner->finished(path);
    }

private:
    AutomaticRecording* m_owner;
    std::unique_ptr<timeline::RecordingWriter> m_recording;
    QString m_folder;
    RecordingFolderLimits m_limits;
};

AutomaticRecording::AutomaticRecording(SessionModel* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_writer(new Writer(this))
{
    m_writer->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_writer, &QObject::deleteLater);
    m_thread.setObjectName(QStringLiteral("recording"));
    m_thread.start(QThread::LowPriority);
    connect(session, &SessionModel::stateChanged, this, &AutomaticRecording::followState);
    connect(&session->record(), &timeline::Record::appended, this, &AutomaticRecording::pass);
    connect(&session->record(), &timeline::Record::cleared, this, &AutomaticRecording::stop);
}

AutomaticRecording::~AutomaticRecording()
{
    stop();
    m_thread.quit();
    m_thread.wait();
}

void AutomaticRecording::followState()
{
    const op::SessionState& state = m_session->state();
    const bool looking = std::holds_alternative<op::state::Checking>(state);
    const bool over = std::holds_alternative<op::state::Idle>(state)
        || std::holds_alternative<op::state::Finished>(state)
        || std::holds_alternative<op::state::Failed>(state)
        || std::holds_alternative<op::state::Stranded>(state);
    // What is replayed has been recorded.
    if (m_recording && (over || looking || m_session->record().isLoaded()))
        stop();
    else if (m_session->record().isLoaded())
        return;
    else if (!m_recording && isUnderWay(state) && !looking && Preferences::recordAll())
        start();
}

void AutomaticRecording::start()
{
    m_recording = true;
    const QString name = recordingName(QDateTime::currentDateTime(), m_session->endpoint(Side::Source).name);
    const QString program
        = QCoreApplication::applicationName() + u' ' + QCoreApplication::applicationVersion();
    const RecordingFolderLimits limits{ .count = Preferences::recordingsKept(),
        .bytes = qint64{ Preferences::recordingsMiB() } << 20 };
    QMetaObject::invokeMethod(
        m_writer, [writer = m_writer, folder = Preferences::recordingFolder(), name, program, limits] {
            writer->open(folder, name, program, limits);
        });
    // What led to the migration belongs to it: the checks, and what both sides are.
    pass(0, m_session->record().size());
}

void AutomaticRecording::pass(std::size_t first, std::size_t count)
{
    if (!m_recording || count == 0)
        return;
    const auto events = m_session->record().events().subspan(first, count);
    QMetaObject::invokeMethod(m_writer,
        [writer = m_writer, batch = std::vector(events.begin(), events.end())] { writer->append(batch); });
}

void AutomaticRecording::stop()
{
    if (!std::exchange(m_recording, false))
        return;
    QMetaObject::invokeMethod(m_writer, [writer = m_writer] { writer->close(); });
}

} // namespace cutover::ui
