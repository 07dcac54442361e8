"""Ozeki Phone System HTTP API, active calls, served word for word in the vendor's two profiles.

v10: ozeki.hu, page p_7637. XE: ozekiphone.com, pages p_4149 (ListActiveCalls), p_4231 (commands), p_4235 (status
codes), p_4587 (call states), p_4705 (settings of the HTTP API).
"""
