// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QImage>
#include <QObject>

#include <cstdint>
#include <functional>

class QAction;

namespace cutover::ui {

class Actions;
class SessionModel;

/// Hands on what the window shows, to those who do not have it: a report, a picture of the timeline, the
/// events for other programs. Made and written on another thread, from a copy of the events.
class Exporter : public QObject
{
    Q_OBJECT
public:
    enum class Format : std::uint8_t { Report, Svg, Png, Csv, Perfetto, Json };
    /// \a picture draws the timeline as it is shown, for Png. All are borrowed.
    Exporter(const SessionModel* session, std::function<QImage()> picture, QWidget* window);

    void addActions(Actions& actions);
    void updateActions();

    /// Begins to write; an existing file is replaced once all is written. saved() or failed() follows.
    void save(const QString& path, Format format);

Q_SIGNALS:
    void saved(const QString& path);
    void failed(const cutover::Error& error);

private:
    struct Choice
    {
        Format format;
        QString name; ///< as the file dialog shows it
        QString suffix;
    };
    void choose(const QString& title, const QList<Choice>& choices);
    /// For a new file, without its suffix.
    QString suggestedName() const;

    const SessionModel* m_session;
    std::function<QImage()> m_picture;
    QWidget* m_window;
    QList<QAction*> m_actions;
};

} // namespace cutover::ui
