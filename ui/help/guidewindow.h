// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "help/guide.h"

#include <QWidget>

class KMessageWidget;
class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace cutover::ui {

class GuideView;

/// The user guide in a window of its own, beside the one that it explains: contents and search on the left,
/// the page on the right.
class GuideWindow : public QWidget
{
    Q_OBJECT
public:
    explicit GuideWindow(QWidget* parent = nullptr);
    ~GuideWindow() override;

    const Guide& guide() const { return m_guide; }
    GuideView* view() { return m_view; }
    void showPage(const QString& id, const QString& anchor = {});
    /// A line below the page; empty takes it away.
    void say(const QString& text);

Q_SIGNALS:
    void actionRequested(const QString& id);

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    QWidget* makeBar();
    QWidget* makeContents();
    void fillContents();
    void choose(const QTreeWidgetItem* item);
    void selectPage(const QString& id);

    Guide m_guide;
    GuideView* m_view = nullptr;
    QLineEdit* m_search = nullptr;
    QTreeWidget* m_contents = nullptr;
    KMessageWidget* m_message = nullptr;
};

/// The page that explains \a widget: that of the nearest of its parents which has one (dynamic property
/// "guidePage", or a name that is known); "index" otherwise.
QString guidePageFor(const QWidget* widget);

} // namespace cutover::ui
