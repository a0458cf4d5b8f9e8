// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QWidget>

class QTextBrowser;
class QUrl;

namespace cutover::ui {

struct Details;
class TimelinePanel;

/// All that is known of what is selected in the timeline, to read, to copy, and to go on from.
class DetailsPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a timeline is borrowed.
    explicit DetailsPanel(TimelinePanel* timeline, QWidget* parent = nullptr);

    QTextBrowser* view() { return m_text; }

Q_SIGNALS:
    /// The operator followed a link to this event.
    void eventRequested(std::size_t event);

protected:
    void focusInEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void show();
    void follow(const QUrl& link);
    QString html(const Details& details) const;

    TimelinePanel* m_timeline;
    QTextBrowser* m_text;
    QString m_shown;
};

} // namespace cutover::ui
